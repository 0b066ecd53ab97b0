# SPDX-License-Identifier: MIT
"""Lab 9, what only the teacher has: the same promises under harder conditions."""
from lab09.tests import TURNS, expect_sound, unequal
from stintlib.course import AT_MOST, test, top, vm
from stintlib.course.races import expect_no_race
from stintlib.course.several import waits_beside_idle
from stintlib.course.steps import MOVES, expect_steps, steps_of_ours


@test(points=8, title="more machines, played longer", needs=("races",),
      look="the locks and the order of steps in sched/move.c and sched/sched.c")
def more_races(trial):
    expect_no_race(trial, plays=8000)


@test(points=8, title="harts that change over after every few hundred instructions", needs=("taken", "woken"),
      look="what happens between two steps of sched_wake, pick_elsewhere and vcpu_request")
def storm(trial):
    random = trial.random
    for sched in random.sample(("rr", "fair", "credit"), 2) + ["gang"]:    # which has no victim
        beat = f"{random.randrange(15, 60)}us"
        text = top(pcpus=4, time="150ms", quantum="500us", beat=beat, sched=sched)
        text += vm("a", "ipi", vcpus=3, args="rounds=1000") + vm("b", "hog", vcpus=2)
        text += vm("c", "io", args="period=700us work=20us") + vm("d", "io", args="period=900us work=20us")
        seen = trial.run(text)
        trial.expect(f"beat {beat}: IPIs and fences that did not arrive", 0, seen.guest("a")["failed"])
        expect_sound(trial, seen, f"beat {beat}")
    seen = trial.run(unequal(trial, f"{random.randrange(50, 90)}us"))
    wait = waits_beside_idle(seen.history)
    trial.expect("longest wait while an allowed pCPU idled", TURNS, wait.ns / 1e6, AT_MOST, "ms")


@test(points=4, title="who may go where, in other situations", needs=("rules",), look="sched/move.c: sched_may_move",
      gdb=None)
def more_rules(trial):
    words = (MOVES, "--seed", str(trial.random.randrange(2, 1 << 30)), "--plays", "1000")
    expect_steps(trial, steps_of_ours(*words), *words)
