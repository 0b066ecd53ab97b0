# SPDX-License-Identifier: MIT
"""The course: its labs, what students are handed, and how their work is graded.

A lab's tests stand in labs/NN-name/tests.py, and in hidden.py those that stay with the teacher:

    @test(points=20, title="two equal spinners share a pCPU", look="sched/rr.c: rr_pick")
    def turns(trial):
        seen = trial.run(top(pcpus=1, time="1s") + vm("a", "hog") + vm("b", "hog"))
        trial.expect("work of a to work of b", 1, seen.work("a") / seen.work("b"), relative(3), ": 1")

`trial.random` gives numbers that hang on the seed and the test alone. What is expected stands beside what was seen in
the report, whether the test passes or fails.
"""
from stintlib.course.trial import Failed, test
from stintlib.lab import top, vm
from stintlib.rows import AT_LEAST, AT_MOST, EXACTLY, absolute, relative

__all__ = ["AT_LEAST", "AT_MOST", "EXACTLY", "Failed", "absolute", "relative", "test", "top", "vm"]
