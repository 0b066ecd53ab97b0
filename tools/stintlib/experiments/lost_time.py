# SPDX-License-Identifier: MIT
"""What becomes of a guest's wall clock: if it counts ticks, and if it goes by a clock that stands still."""
from stintlib.experiments import AT_MOST, Row, absolute, top, vm

NAME = "lost-time"
ABOUT = "The wall time that a guest loses: by the ticks that it does not count, and by a clock that stands still."
TURN_MS = 50
MS = 1_000_000
# Clock, what it does with missed ticks, percent of the time that is lost: of the five periods of 10 ms that end
# while it is away for 50 of 100 ms it counts one, or all; or its clock shows none.
TICKS = [("real", "coalesce", 40), ("real", "replay", 0), ("virtual", "coalesce", 0)]
# Clock, percent by which it is late; None: that depends on when one looks.
CLOCKS = [("real", 0), ("virtual", 50), ("catchup", None)]


def run(lab):
    ticks = [lab.run(beside(clock, f"{TURN_MS}ms", f"spin tick={tick}")) for clock, tick, _ in TICKS]
    drifts = [lab.run(beside(clock, "30ms", "spin correct=on slice=1ms")) for clock, _ in CLOCKS]
    return [lost(done, *case) for done, case in zip(ticks, TICKS)] + [
        row for done, case in zip(drifts, CLOCKS) for row in drift(done, *case)]


def beside(clock, quantum, args):
    return top(pcpus=1, time="2s", quantum=quantum) + vm("guest", "timeshare", clock=clock, args=args) + vm(
        "hog", "hog")


def lost(done, clock, tick, expected):
    measured = done.measured("guest")
    return Row(f"{clock} {tick}", f"of its own time, not counted by tick={tick}, clock {clock}", "%", expected,
               100 * measured["lost_ns"] / measured["elapsed_ns"], absolute(3))


def drift(done, clock, late):
    measured, elapsed = done.measured("guest"), done.report["elapsed_ns"]
    if late is not None:
        yield Row(f"{clock} drift", f"by which its clock {clock} is late", "%", late,
                  100 * measured["drift_before_ns"] / elapsed, absolute(3))
    yield Row(f"{clock} corrected", f"by which its corrected wall clock is wrong, clock {clock}", "ms", 2 * 30,
              abs(measured["drift_after_ns"]) / MS, AT_MOST)
