# SPDX-License-Identifier: MIT
"""What the student of lab 5 can see of the grader's tests."""
from stintlib.course import relative, test, top, vm

EQUAL = relative(3)


@test(points=30, title="two spinners share a pCPU", look="sched/rr.c: rr_pick")
def turns(trial):
    quantum = trial.random.choice((5, 8, 10, 15))
    seen = trial.run(top(pcpus=1, time="1s", quantum=f"{quantum}ms") + vm("a", "hog") + vm("b", "hog"))
    trial.expect("work of a : work of b", 1.0, seen.work("a") / seen.work("b"), EQUAL)
