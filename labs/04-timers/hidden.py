# SPDX-License-Identifier: MIT
"""Those tests of lab 4 that stay with the teacher."""
from lab04.tests import (NS_A_MS, TICKS_A_MS, WAKE_UP, distort, evidence, expect_caught_up, expect_timer,
                         expect_timers, hammer, hammered)
from stintlib.course import AT_LEAST, AT_MOST, absolute, test, top, vm


@test(points=7, title="sleepers of a clock that stands still", look="hyp/guest_clock.c: thaw, set_delta",
      needs=("virtual",))
def sleepers(trial):
    """A sibling sleeps while the other one runs, and is kept from running. By its own clock it waits for no more than
    the turn of the other."""
    quantum = trial.random.randrange(400, 800)
    found = hammered(trial, trial.run(hammer("virtual", 1, quantum, 20_000, hogs=2, naps=150, time=1000)))
    trial.expect("naps", 200, found["naps"], AT_LEAST)
    trial.expect("the latest wake-up was late by", quantum / 1000 + 2 * WAKE_UP, found["late_most"] / TICKS_A_MS,
                 AT_MOST, "ms")


@test(points=5, title="catching up at another rate, and with siblings", look="hyp/guest_clock.c: step",
      needs=("catchup", "siblings"))
def rate(trial):
    rate_ = trial.random.randrange(3, 6)
    seen, ask = distort(trial, rate_)
    expect_caught_up(trial, expect_timer(trial, seen, "catchup", ask, rate_))
    hammered(trial, trial.run(hammer("catchup", 2, trial.random.randrange(500, 1500), 30_000, hogs=2, naps=400,
                                     time=500, rate=rate_)))
    # While one sleeps its clock catches up, too: it is woken when that is there, which goes on at its rate meanwhile.
    args = f"naps=20 ticks={trial.random.randrange(20_000, 40_000)}"
    found = evidence(trial, trial.run(top(pcpus=1, time="600ms", quantum="10ms") + vm("hog", "hog") +
                                      vm("a", "lab04_naps", clock="catchup", rate=rate_, args=args)))
    trial.expect("one that sleeps: times that WFI was over before the timer was due", 0, found["early"])
    trial.expect("one that sleeps: the latest wake-up was late by", rate_ * WAKE_UP, found["late_most"] / TICKS_A_MS,
                 AT_MOST, "ms")


@test(points=3, title="a timer that is masked, or never comes, wakes nobody",
      look="hyp/guest_clock.c: guest_clock_deadline", needs=("wake",))
def masked(trial):
    """A hart sleeps until an IPI comes, whatever its timer. The VM's time began so late that the host time of the last
    two has more than 64 bits."""
    args = f"naps=4 ticks={trial.random.randrange(20_000, 40_000)}"
    found = evidence(trial, trial.run(top(pcpus=1, time="500ms") +
                                      vm("a", "lab04_naps", vcpus=2, start="5ms", args=args)))
    for name, timer in (("masked", "masked"), ("never", "all ones"), ("last", "all ones less 1000")):
        trial.expect(f"timer {timer}: it came out of WFI after the IPI by", WAKE_UP,
                     found[f"{name}_late"] / TICKS_A_MS, absolute(WAKE_UP), "ms")


@test(points=4, title="many timers on two pCPUs", look="hyp/vcpu.c: save_interrupts, load_interrupts",
      needs=("switch",))
def crowd(trial):
    quantum = trial.random.randrange(2, 4)
    text, guests = top(pcpus=2, time="500ms", quantum=f"{quantum}ms"), {}
    for name in "abc":
        ticks = trial.random.randrange(3_000, 20_000)
        text += vm(name, "lab04_periods", vcpus=2, args=f"ticks={ticks} until={350 * NS_A_MS}")
        guests[name] = ticks * 4 // 3
    expect_timers(trial, trial.run(text), guests, 3 * quantum)


@test(points=3, title="no IPI gets lost on the way to sleep", look="hyp/vcpu.c: vcpu_block", needs=("block",))
def lost_wake_up(trial):
    """A waiter and a sender on two pCPUs. The shorter their turns, the more often one is met on its way to sleep."""
    beat, until = trial.random.randrange(60, 140), 200 * NS_A_MS
    found = evidence(trial, trial.run(top(pcpus=2, time="400ms", beat=f"{beat}us") +
                                      vm("a", "lab04_ipis", vcpus=2, args=f"until={until}")))
    trial.expect("IPIs sent", 300, found["sent"], AT_LEAST)
    trial.expect("IPIs that nobody heard of", 0, found["lost"])
