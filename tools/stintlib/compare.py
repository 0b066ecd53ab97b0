# SPDX-License-Identifier: MIT
"""Runs a scenario under each scheduler and shows what became of it: one table, a row for each scheduler."""
from stintlib.errors import NO, OK, CannotRun
from stintlib.lab import Lab
from stintlib.paths import find_scenario
from stintlib.run import write_json
from stintlib.schedulers import scheduler_names
from stintlib.text import ms, table
from stintlib.waits import mean, percentile, vm_waits

NOTES = """Each VM: its share of the time that all VCPUs ran. Steal: of the time that they wanted to run. A wait lasts
from being able to run, or being stopped or parked, to running. Moves: from one pCPU to another."""


def main(options):
    names = chosen(options.scheds)
    scenario = find_scenario(options.scenario)
    with Lab() as lab:
        start = lab.sim if options.sim else lab.run
        runs = {name: start(scenario, {"sched": name}, passed_on(options)) for name in names}
        rows = [describe(name, run) for name, run in runs.items()]
    if all(row["refused"] for row in rows):
        raise CannotRun(rows[0]["refused"])
    if options.json:
        write_json({"scenario": scenario.stem, "simulated": options.sim, "schedulers": rows}, options.json)
    if options.json != "-":
        print("\n".join([*show(scenario.stem, rows), "", NOTES]))
    return NO if any(row["crashed"] for row in rows) else OK


def chosen(words):
    known = scheduler_names()
    names = list(dict.fromkeys(words.split(","))) if words else known
    for name in names:
        if name not in known:
            raise CannotRun(f"--sched {words}: scheduler '{name}' is not there, but {', '.join(known)}")
    return names


def passed_on(options):
    """What the runs take over from our command line."""
    words = [] if options.time is None else ["--for", options.time]
    words += [] if options.pcpus is None else ["--pcpus", options.pcpus]
    for setting in options.set:
        words += ["--set", setting]
    return tuple(words)


def describe(name, run):
    """A row as JSON: totals, then each VM. refused: why the scenario cannot be run under this scheduler, or None."""
    if run.refusal is not None:
        return {"sched": name, "refused": run.refusal, "crashed": []}
    vms, history = run.ended["vms"], run.history
    waited = [vm_waits(history, number) for number in range(len(vms))]
    total = measure(vms, sum(waited, []))
    return {
        "sched": name, "refused": None, "crashed": [vm["name"] for vm in vms if vm["state"] == "crashed"],
        "lost_events": run.trace.lost, "elapsed_ns": run.ended["elapsed_ns"], **total,
        "vms": [describe_vm(vm, lengths, total["run_ns"]) for vm, lengths in zip(vms, waited)],
    }


def describe_vm(vm, waited, all_run_ns):
    own = measure([vm], waited)
    return {"name": vm["name"], "share_pct": percent(own["run_ns"], all_run_ns), **own}


def measure(vms, waited):
    """Sums over these VMs, what their waits were, and the worst that their guests report (None: none does)."""
    def total(key):
        return sum(vcpu[key] for vm in vms for vcpu in vm["vcpus"])

    def reported(key):
        return [vm["report"][key] for vm in vms if isinstance(vm["report"].get(key), int)]

    ran, stolen = total("run_ns"), total("steal_ns")
    return {"run_ns": ran, "steal_ns": stolen, "steal_pct": percent(stolen, ran + stolen),
            "worst_wait_ns": max(waited, default=0), "mean_wait_ns": round(mean(waited)),
            "p99_wait_ns": percentile(waited, 99), "migrations": total("migrations"), "switches": total("switches"),
            "missed": sum(reported("missed")) if reported("missed") else None,
            "p99_ns": max(reported("p99_ns"), default=None)}


def percent(part, whole):
    return round(100 * part / whole, 3) if whole else 0


COLUMNS = {    # of the totals: heading, how a value is shown
    "steal_pct": ("steal", "{:.1f}%".format), "worst_wait_ns": ("worst wait", ms), "mean_wait_ns": ("mean wait", ms),
    "p99_wait_ns": ("p99 wait", ms), "migrations": ("moves", str), "switches": ("switches", str),
    "missed": ("missed", str), "p99_ns": ("p99 latency", ms),
}


def show(scenario, rows):
    """The table, and what is to be said of some of its rows."""
    ran = [row for row in rows if not row["refused"]]
    names = [vm["name"] for vm in ran[0]["vms"]]
    keys = [key for key in COLUMNS if any(row[key] is not None for row in ran)]
    head = [scenario, *names, *(COLUMNS[key][0] for key in keys)]
    return table(head, [cells(row, names, keys) for row in rows]) + [line for row in rows for line in remarks(row)]


def cells(row, names, keys):
    if row["refused"]:
        return [row["sched"]] + ["refused"] * len(names) + ["-"] * len(keys)
    shares = [f"{vm['share_pct']:.1f}%" for vm in row["vms"]]
    return [row["sched"], *shares, *("-" if row[key] is None else COLUMNS[key][1](row[key]) for key in keys)]


def remarks(row):
    if row["refused"]:
        yield f"{row['sched']} refuses it: {row['refused']}"
        return
    for name in row["crashed"]:
        yield f"under {row['sched']}, VM {name} crashed"
    if row["lost_events"]:
        yield f"under {row['sched']}, {row['lost_events']} events were lost, and with them the first waits"
