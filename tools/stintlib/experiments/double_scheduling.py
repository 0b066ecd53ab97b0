# SPDX-License-Identifier: MIT
"""What a slice that a guest's scheduler gives really lasts, over slices that the hypervisor gives its VCPU."""
from collections import Counter

from stintlib.experiments import Row, relative, top, vm
from stintlib.windows import Busy

NAME = "double-scheduling"
ABOUT = "Guest slices over hypervisor slices: what each lasts, and for how much of it the task has a pCPU."

# What Stint and the guest take, at 16 ns an instruction. It only matters where the slices fit together exactly.
LATE = 0.01    # ms: a hypervisor's slice is over and the other VCPU runs
BACK = 0.017    # ms: a VCPU comes back and its guest has decided

SETTLED = 0.2    # seconds until all has begun
CASES = {    # scenario: guest's slice, hypervisor's slice, ms
    "10 over 30": ("double-scheduling", 10, 30), "30 over 10": ("double-reverse", 30, 10),
    "10 over 25": (None, 10, 25), "24 over 10": (None, 24, 10),
}


def scenario(guest, host):
    return (top(pcpus=1, sched="rr", quantum=f"{host}ms", time="3s")
            + vm("guest", "timeshare", args=f"spin spin slice={guest}ms") + vm("hog", "hog"))


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


def measured(history):
    """The same of a run's first VM, whose tasks never sleep."""
    busy, ms = Busy(history.vcpus[0], "running"), history.ns / 1e6
    settled = history.start + SETTLED * 1000 / ms
    slices = [span for lane in history.tasks[0] for span in lane.spans
              if isinstance(span.what, tuple) and settled < span.begin and span.end < history.end]
    return Counter((round((span.end - span.begin) * ms), round(busy.between(span.begin, span.end) * ms))
                   for span in slices)


def run(lab):
    runs = {case: lab.run(name or scenario(guest, host)) for case, (name, guest, host) in CASES.items()}
    return [row for case, done in runs.items() for row in rows_of(case, measured(done.history))] + [
        Row("30 over 10: favour", "work of one of the two equal tasks to the other's, 30 ms over 10", ": 1", 2.0,
            favour(runs["30 over 10"]), relative(3))]


def rows_of(case, found):
    _, guest, host = CASES[case]
    hoped = predicted(guest, host + LATE, host + LATE)
    for lasts, had in sorted(hoped):
        yield Row(f"{case}: {lasts} ms" + (f", {had} had" if had != lasts else ""),
                  f"of the slices last {lasts} ms, {had} of them with a pCPU; {case}", "%",
                  share(hoped, (lasts, had)), share(found, (lasts, had)), relative(3))
    yield Row(f"{case}: mean", f"what a slice lasts; {case}", "ms", mean(hoped), mean(found), relative(1))


def share(counter, which):
    return 100 * counter[which] / counter.total()


def mean(counter):
    return sum(lasts * often for (lasts, _), often in counter.items()) / counter.total()


def favour(done):
    work = [task["work"] for task in done.measured("guest")["tasks"]]
    return max(work) / min(work)
