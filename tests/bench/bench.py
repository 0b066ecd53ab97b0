#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`make bench`: what exits, switches, boot and trace cost, counted in instructions, beside what is aimed at and what
others need. QEMU counts them (-icount), so that two runs print the same."""
import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median_high

from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

BENCH = Path(__file__).resolve().parent
sys.path.insert(0, str(BENCH.parents[1] / "tools"))

from stintlib.area import nest                                # noqa: E402  (it needs the path)
from stintlib.errors import COULD_NOT, NO, OK, CannotRun      # noqa: E402
from stintlib.job import load_job                             # noqa: E402
from stintlib.main import parse                               # noqa: E402
from stintlib.paths import need_hypervisor                    # noqa: E402
from stintlib.qemu import check_version                       # noqa: E402
from stintlib.run import write_json                           # noqa: E402
from stintlib.scratch import scratch_directory                # noqa: E402
from stintlib.session import Session                          # noqa: E402

EV_GAP = 0x180          # of switch.c
FEWEST_SWITCHES = 100


@dataclass
class Row:
    """A line of the table: a measure that shall not exceed `target`."""
    key: str
    what: str
    target: float
    peers: tuple = ()


PEERS = ("Bao", "OpenSBI", "Xvisor", "KVM 6.12")
EXITS = (
    Row("null_sbi", "null SBI call (get_spec_version)", 180, ("242", "310", "739", "933")),
    Row("set_timer", "set_timer", 210, ("242", "341", "915", "996")),
    Row("uart_read", "read of an emulated UART register", 350, ("passthrough", "-", "1,092", "3,181")),
    Row("vcpu_switch", "guest A to guest B, preempted (rr)", 400, ("never", "-", "2,656", "not measured")),
    Row("vcpu_switch_credit", "the same under credit", 550, ("never", "-", "2,656", "not measured")),
)
OTHERS = (
    Row("boot", "boot: first instruction to first guest, two small guests", 5_000_000),
    Row("trace_percent", "guest work lost to the trace in thief.conf, %", 2),
    Row("image_bytes", "image: text + rodata + data, bytes", 128 * 1024),
)


def run(scenario, *words):
    """What a run of the scenario leaves behind."""
    options = parse(["run", str(scenario), "--quiet", *words])
    job = load_job(options)
    with scratch_directory(f"bench-{job.name}", None) as folder:
        return Session(job, folder).execute()


def reports(outcome):
    """What each guest measured, by the number of its VM."""
    return {number: nest(area.values) for number, area in outcome.areas.items()}


def measure_exits():
    report = reports(run(BENCH / "exits.conf", "--shift", "0"))[0]
    costs = {}
    for key in ("null_sbi", "set_timer", "uart_read"):
        of_all = report[key] - 1                        # reading instret counts once
        if of_all % report["rounds"]:
            raise CannotRun(f"{key}: {of_all} instructions in {report['rounds']} rounds: not all cost the same")
        costs[key] = of_all // report["rounds"]
    return costs


def find_switches(gaps, others):
    """Instructions from one guest's last value to the other's first one, for each gap of the one in
    which a gap of the other ends that began before. Both are lists of (before, after)."""
    for before, after in gaps:
        left, begins = next(((left, value) for left, value in sorted(others) if value > before), (before, after))
        if left < before and begins < after:
            yield begins - before


def measure_switch(key, *words):
    """Median and worst. The guests read instret every third instruction: 1 to 5 of each are the guests' own."""
    rings = run(BENCH / "switch.conf", "--shift", "0", *words).trace.of("guest")
    a, b = ([(event.a, event.b) for event in ring.events() if event.type == EV_GAP] for ring in rings
            if ring.info["vcpu"] == 0)
    found = [*find_switches(a, b), *find_switches(b, a)]
    if len(found) < FEWEST_SWITCHES:
        raise CannotRun(f"{len(found)} switches were seen, at least {FEWEST_SWITCHES} should be")
    return {key: median_high(found), f"{key}_worst": max(found), f"{key}_seen": len(found)}


def measure_boot():
    shared = run("thief", "--shift", "0", "--for", "1ms").snapshot.shared
    return {"boot": shared.entry_instret - shared.boot_instret}


def work(outcome):
    return sum(task["work"] for report in reports(outcome).values() for task in report["tasks"])


def measure_trace():
    with_trace, without = work(run("thief")), work(run("thief", "--no-trace"))
    return {"trace_percent": round(100 * (without - with_trace) / without, 3)}


def measure_image():
    """What of the hypervisor's file goes into memory: zeros (.bss, stacks) do not count."""
    with open(need_hypervisor(), "rb") as file:
        return {"image_bytes": sum(section["sh_size"] for section in ELFFile(file).iter_sections()
                                   if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_type"] != "SHT_NOBITS")}


def measure():
    """Every measure, by its key."""
    check_version()
    return {**measure_exits(), **measure_switch("vcpu_switch"),
            **measure_switch("vcpu_switch_credit", "--sched", "credit", "--for", "125ms"),
            **measure_boot(), **measure_trace(), **measure_image()}


def missed(row, measured):
    return measured[row.key] > row.target


def verdict(row, measured):
    return "missed" if missed(row, measured) else "ok"


def table(measured):
    yield "Instructions, counted under QEMU's -icount shift=0 on one hart, with accounting and trace on, the seven of"
    yield "the guest's loop included. With *: measured elsewhere: QEMU 10.0.2, shift=0, one hart, same guest."
    yield ""
    yield f"{'':35}{'Stint':>6}{'target':>9}{'':8}" + "".join(f"{name + '*':>14}" for name in PEERS)
    for row in EXITS:
        yield (f"{row.what:35}{measured[row.key]:6,}{row.target:>9,}  {verdict(row, measured):6}"
               + "".join(f"{figure:>14}" for figure in row.peers))
    yield ""
    yield (f"The switch is the median of {measured['vcpu_switch_seen']}; the worst took "
           f"{measured['vcpu_switch_worst']:,}. 1 to 5 of them are the guests' own, who look every third instruction.")
    yield "OpenSBI: without a hypervisor. Bao has no scheduler, and gives the UART to the guest."
    yield ""
    for row in OTHERS:
        yield f"{row.what:58}{measured[row.key]:>10,}{row.target:>12,}  {verdict(row, measured)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON, too")
    options = parser.parse_args()
    try:
        measured = measure()
        if options.json:
            write_json(measured, options.json)
    except CannotRun as error:
        print(f"bench: {error}", file=sys.stderr)
        return COULD_NOT
    print("\n".join(table(measured)))
    return NO if any(missed(row, measured) for row in EXITS + OTHERS) else OK


if __name__ == "__main__":
    sys.exit(main())
