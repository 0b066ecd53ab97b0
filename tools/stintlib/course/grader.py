# SPDX-License-Identifier: MIT
"""Grades a submission of a lab: builds it, runs the lab's tests, and gathers the verdicts. A verdict hangs on the
submission and the seed alone; what is the machine's fault is no verdict but an error."""
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from stintlib.course import isolation
from stintlib.course.holes import still_to_write
from stintlib.course.machine import Infrastructure
from stintlib.course.seen import Broken
from stintlib.course.trial import Failed, Test, Trial, Verdict
from stintlib.course.workshop import NotBuilt, Workshop
from stintlib.errors import NO, OK, COULD_NOT, CannotRun
from stintlib.paths import ROOT

BUILDS = Test("builds", 0, "it compiles", "the compiler's words", (), (), False, None)
AT_A_TIME = 2
MARGIN = 0.4    # of the length of a run: where the timeline of a failure begins
WINDOW = 120    # ms of it
MOST_DRAWN = 30    # VCPUs


@dataclass
class Grade:
    lab: object
    seed: int
    verdicts: list
    to_write: list = field(default_factory=list)    # (file, line, task) that still waits for code
    wall_s: float = 0.0

    @property
    def score(self):
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def most(self):
        return sum(verdict.test.points for verdict in self.verdicts)

    @property
    def boards(self):
        """(test, board) of those that made one."""
        return [(verdict.test, verdict.board) for verdict in self.verdicts if verdict.board]

    @property
    def errors(self):
        return [verdict for verdict in self.verdicts if verdict.status == "error"]

    @property
    def exit_code(self):
        return COULD_NOT if self.errors else OK if self.score == self.most else NO


def grade(lab, submission, seed, kept_in=None, only=(), progress=lambda verdict: None):
    """only: names of tests; with what they need, and nothing else. kept_in: an Isolation; None: the code is trusted."""
    begun = time.monotonic()
    tests = chosen(lab, only)
    with Workshop(lab, submission, kept_in or isolation.none()) as workshop:
        verdicts = [build(workshop)]
        progress(verdicts[0])
        if verdicts[0].status == "passed":
            verdicts += run_all(workshop, tests, seed, progress)
        else:
            verdicts += [Verdict(test, "skipped", why="it does not build") for test in tests]
        to_write = list(still_to_write(lab, workshop.tree))
    return Grade(lab, seed, verdicts, to_write, time.monotonic() - begun)


def chosen(lab, only):
    """The tests of those names, and those that they need, in the lab's order."""
    tests = {test.name: test for test in lab.tests()}
    unknown = [name for name in only if name not in tests]
    if unknown:
        raise CannotRun(f"lab {lab.number} has no test '{unknown[0]}': it has {', '.join(tests)}. "
                        "Hidden tests are the teacher's alone")
    wanted = list(only or tests)
    for name in wanted:
        wanted += [need for need in tests[name].needs if need not in wanted]
    return [test for name, test in tests.items() if name in wanted]


def build(workshop):
    begun = time.monotonic()
    try:
        workshop.build()
        return Verdict(BUILDS, "passed", wall_s=time.monotonic() - begun)
    except NotBuilt as error:
        return Verdict(BUILDS, "failed", why=str(error), wall_s=time.monotonic() - begun)


def run_all(workshop, tests, seed, progress):
    """Some at a time. What a test needs stands before it, and so has begun when it waits for that."""
    running = {}

    def judge(test):
        for need in test.needs:
            if running[need].result().status != "passed":
                return Verdict(test, "skipped", why=f"it needs '{need}', which did not pass")
        verdict = run_one(workshop, test, seed)
        progress(verdict)
        return verdict

    with ThreadPoolExecutor(min(AT_A_TIME, os.cpu_count() or 1)) as workers:
        for test in tests:
            running[test.name] = workers.submit(judge, test)
        return [future.result() for future in running.values()]


def run_one(workshop, test, seed):
    begun = time.monotonic()
    trial = Trial(workshop, test, seed)
    status, why = "failed", ""
    try:
        test.run(trial)
        status = "passed" if all(row.ok for row in trial.rows) else "failed"
    except (Failed, Broken) as error:
        why = str(error)
    except KeyError as error:
        why = f"a guest's report, or the hypervisor's account, has no {error}: it did not come so far"
    except (IndexError, TypeError, ZeroDivisionError) as error:
        why = f"a guest's evidence, or the hypervisor's account, lacks what it should have: {error!r}"
    except Infrastructure as error:
        status, why = "error", str(error)
    notes = timeline_of(trial) if status == "failed" else []
    return Verdict(test, status, trial.rows, why, notes, trial.board, time.monotonic() - begun)


def timeline_of(trial):
    """Who ran when, in the middle of the run that the first bad row is about, or else of the last that left a trace."""
    bad = [runs for row, runs in zip(trial.rows, trial.runs_of_rows) if not row.ok]
    for seen in reversed(trial.runs[:bad[0]] if bad else trial.runs):
        if seen.trace is None or seen.ended.how != "off":
            continue
        try:
            if len(seen.history.vcpus) > MOST_DRAWN:
                return [f"(nothing is drawn of {len(seen.history.vcpus)} VCPUs)"]
            whole = (seen.history.end - seen.history.start) * seen.history.ns / 1e6
            begin = whole * MARGIN if whole > WINDOW else 0
            return seen.timeline(begin, min(begin + WINDOW, whole)) if whole else []
        except (Broken, CannotRun, KeyError, IndexError, ValueError, ZeroDivisionError):
            continue
    return []


def trusted(submission):
    """Whether it is this very tree: then whoever grades it wrote it."""
    return submission.resolve() == ROOT
