# SPDX-License-Identifier: MIT
"""What a slice that a guest's scheduler gives really lasts, over slices that the hypervisor gives its VCPU."""
from collections import Counter

from stintlib.experiments import Row, hogs, relative, top, vm
from stintlib.windows import Busy

NAME = "double-scheduling"
ABOUT = "Guest slices over hypervisor slices: what each lasts, and for how much of it the task has a pCPU."

# What Stint and the guest take, at 16 ns an instruction. It only matters where the slices fit together exactly.
LATE = 0.01    # ms: a hypervisor's slice is over and the other VCPU runs
BACK = 0.017    # ms: a VCPU comes back and its guest has decided

NEAR = 2        # ms that a slice may be off and still be taken for one of its kind
SETTLED = 0.2    # seconds until all has begun
CASES = {    # scenario: guest's slice, hypervisor's slice, ms
    "10 over 30": ("double-scheduling", 10, 30), "30 over 10": ("double-reverse", 30, 10),
    "10 over 25": (None, 10, 25), "24 over 10": (None, 24, 10),
}
# On four pCPUs, a pair on each: the beat. Turns of the harts make a VCPU's turn some tenths of a ms longer; with the
# shorter beat some hundredths, which is what seven turns in a row need. Slices that fit together exactly make no sense.
ON_FOUR = {"10 over 25": "1ms", "24 over 10": "100us"}
PCPUS = 4


def scenario(guest, host):
    return (top(pcpus=1, sched="rr", quantum=f"{host}ms", time="3s")
            + vm("guest", "timeshare", args=f"spin spin slice={guest}ms") + vm("hog", "hog"))


def on_four(guest, host, beat):
    pairs = "".join(vm(f"guest{pcpu}", "timeshare", args=f"spin spin slice={guest}ms", affinity=pcpu)
                    for pcpu in range(PCPUS))
    return top(pcpus=PCPUS, sched="rr", quantum=f"{host}ms", time="2s", beat=beat) + pairs + hogs(*range(PCPUS))


def predicted(guest, host, away, slices=6000):
    """(lasts, of it with a pCPU) in ms: how many slices of so many. The VCPU runs for `host` and is away for `away`, in
    turns. A slice ends when it is due, or if the VCPU is away then, when that is back."""
    period = host + away

    def had(time):
        return time // period * host + min(time % period, host)

    found, begin = Counter(), BACK
    for _ in range(slices):
        due = begin + guest
        end = due if due % period < host else (due // period + 1) * period + BACK
        found[round(end - begin), round(had(end) - had(begin))] += 1
        begin = end
    return found


def slices(history, number):
    """(lasts, of it with a pCPU) in ms of each slice in a run's VM, which has one VCPU and tasks that never sleep."""
    busy, ms = Busy(history.vcpus[history.vms[number]["first_vcpu"]], "running"), history.ns / 1e6
    settled = history.start + SETTLED * 1000 / ms
    return [((span.end - span.begin) * ms, busy.between(span.begin, span.end) * ms)
            for lane in history.tasks[number] for span in lane.spans
            if isinstance(span.what, tuple) and settled < span.begin and span.end < history.end]


def kinds_of(found, hoped):
    """Each as that of the predicted kinds which it is the nearest to, and None if it is near none."""
    kinds = Counter()
    for lasts, had in found:
        off, kind = min((abs(kind[0] - lasts) + abs(kind[1] - had), kind) for kind in hoped)
        kinds[kind if off < NEAR else None] += 1
    return kinds


def run(lab):
    runs = {case: lab.run(name or scenario(guest, host)) for case, (name, guest, host) in CASES.items()}
    four = {case: lab.run(on_four(*CASES[case][1:], beat)) for case, beat in ON_FOUR.items()}
    rows = [row for case, done in runs.items() for row in rows_of(case, case, slices(done.history, 0))]
    rows += [Row("30 over 10: favour", "work of one of the two equal tasks to the other's, 30 ms over 10", ": 1", 2.0,
                 favour(runs["30 over 10"]), relative(3))]
    return rows + [row for case, done in four.items() for row in rows_of(
        case, f"{case} on 4", [each for number in range(PCPUS) for each in slices(done.history, number)])]


def rows_of(case, called, found):
    _, guest, host = CASES[case]
    hoped = predicted(guest, host + LATE, host + LATE)
    kinds = kinds_of(found, hoped)
    for lasts, had in sorted(hoped):
        yield Row(f"{called}: {lasts} ms" + (f", {had} had" if had != lasts else ""),
                  f"of the slices last {lasts} ms, {had} of them with a pCPU; {called}", "%",
                  share(hoped, (lasts, had)), share(kinds, (lasts, had)), relative(3))
    yield Row(f"{called}: mean", f"what a slice lasts; {called}", "ms", mean(hoped),
              sum(lasts for lasts, _ in found) / len(found), relative(1))


def share(counter, which):
    return 100 * counter[which] / counter.total()


def mean(counter):
    return sum(lasts * often for (lasts, _), often in counter.items()) / counter.total()


def favour(done):
    work = [task["work"] for task in done.measured("guest")["tasks"]]
    return max(work) / min(work)
