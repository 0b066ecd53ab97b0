# SPDX-License-Identifier: MIT
"""What becomes of a guest's wall clock: if it counts ticks, and if it goes by a clock that stands still."""
from stintlib.experiments import AT_MOST, Row, absolute, hogs, top, vm

NAME = "lost-time"
ABOUT = "The wall time that a guest loses: by the ticks that it does not count, and by a clock that stands still."
MS = 1_000_000
TURN_MS, CORRECTED_TURN_MS = 50, 30
# Clock, what it does with missed ticks, percent of the time that is lost: of the five periods of 10 ms that end
# while it is away for 50 of 100 ms it counts one, or all; or its clock shows none.
TICKS = [("real", "coalesce", 40), ("real", "replay", 0), ("virtual", "coalesce", 0)]
# Clock, percent by which it is late; None: that depends on when one looks.
CLOCKS = [("real", 0), ("virtual", 50), ("catchup", None)]
COUNTERS = [(clock, f"spin tick={tick}") for clock, tick, _ in TICKS]
CORRECTORS = [(clock, "spin correct=on slice=1ms") for clock, _ in CLOCKS]


def run(lab):
    places = []    # what it is called, and the guests of either kind, each as (run, its name there)
    for place, beside in (("", alone_with_hog), ("on 4, ", on_four)):
        places.append((place, beside(lab, TURN_MS, COUNTERS), beside(lab, CORRECTED_TURN_MS, CORRECTORS)))
    return [row for place, counters, correctors in places for row in [
        *(lost(place, *guest, *case) for guest, case in zip(counters, TICKS)),
        *(row for guest, case in zip(correctors, CLOCKS) for row in drift(place, *guest, *case))]]


def alone_with_hog(lab, turn_ms, guests):
    """Each in a run of its own, on one pCPU with a hog."""
    return [(lab.run(top(pcpus=1, time="2s", quantum=f"{turn_ms}ms") + vm("guest", "timeshare", clock=clock, args=args)
                     + vm("hog", "hog")), "guest") for clock, args in guests]


def on_four(lab, turn_ms, guests):
    """All in one run, each on a pCPU with a hog; on the fourth a hog has nobody beside it."""
    text = top(pcpus=len(guests) + 1, time="2s", quantum=f"{turn_ms}ms")
    for pcpu, (clock, args) in enumerate(guests):
        text += vm(f"guest{pcpu}", "timeshare", clock=clock, args=args, affinity=pcpu)
    done = lab.run(text + hogs(*range(len(guests) + 1)))
    return [(done, f"guest{pcpu}") for pcpu in range(len(guests))]


def lost(place, done, guest, clock, tick, expected):
    measured = done.measured(guest)
    return Row(f"{place}{clock} {tick}", f"of its own time, not counted by tick={tick}, clock {clock}", "%", expected,
               100 * measured["lost_ns"] / measured["elapsed_ns"], absolute(3))


def drift(place, done, guest, clock, late):
    measured, elapsed = done.measured(guest), done.report["elapsed_ns"]
    if late is not None:
        yield Row(f"{place}{clock} drift", f"by which its clock {clock} is late", "%", late,
                  100 * measured["drift_before_ns"] / elapsed, absolute(3))
    yield Row(f"{place}{clock} corrected", f"by which its corrected wall clock is wrong, clock {clock}", "ms",
              2 * CORRECTED_TURN_MS, abs(measured["drift_after_ns"]) / MS, AT_MOST)
