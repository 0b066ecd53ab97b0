# SPDX-License-Identifier: MIT
"""tests/plays, and what the grader says of a step that is another one than it should be."""
import subprocess

import pytest

from stintlib.course import steps
from stintlib.course.trial import Failed
from stintlib.paths import ROOT

GOLDEN = (ROOT / "labs/06-credit/steps.txt").read_text("utf-8").splitlines()
WORDS = (steps.PLAYS, "--sched", "credit", "--seed", "1", "--plays", "12")


class Trial:
    """One in which the submission said this."""

    def __init__(self, said):
        self.said, self.rows = said, []

    def program(self, *words, **limits):
        if self.said is None:
            raise Failed("plays ended without saying what it found")
        return {"steps": self.said}

    def expect(self, what, expected, seen):
        self.rows.append((expected, seen))


def test_ours_are_the_steps_that_are_written_down():
    """To write them anew, if a rule changes: the words of WORDS > labs/06-credit/steps.txt"""
    assert steps.steps_of_ours(*WORDS) == GOLDEN
    runs = (ROOT / "labs/05-round-robin/steps.txt").read_text("utf-8").splitlines()
    assert steps.steps_of_ours(steps.PLAYS, "--sched", "rr", "--tell", "runs", "--seed", "1", "--plays", "30") == runs
    where = (ROOT / "labs/09-several-pcpus/steps.txt").read_text("utf-8").splitlines()
    assert steps.steps_of_ours(steps.MOVES, "--seed", "1", "--plays", "40") == where


def test_another_seed_is_another_play():
    assert steps.steps_of_ours(*WORDS[:4], "2", *WORDS[5:]) != GOLDEN


def test_the_same_steps_pass():
    trial = Trial(GOLDEN)
    steps.expect_steps(trial, GOLDEN, *WORDS)
    assert trial.rows == [(len(GOLDEN), len(GOLDEN))]


def test_the_first_wrong_step_is_shown_with_its_machine_and_what_came_before():
    wrong = next(n for n, line in enumerate(GOLDEN) if line.startswith("Play 1")) + 12
    trial = Trial([*GOLDEN[:wrong], "another", *GOLDEN[wrong + 1:]])
    with pytest.raises(Failed) as failed:
        steps.expect_steps(trial, GOLDEN, *WORDS)
    text = " ".join(str(failed.value).split())
    assert trial.rows == [(len(GOLDEN), wrong)]
    assert text.startswith("Play 1: ") and "VM 0, " in text and "seen: another" in text
    assert all(" ".join(line.split()) in text for line in GOLDEN[wrong - 3:wrong + 1])
    assert f"{steps.PLAYS} --sched credit" in text


@pytest.mark.parametrize("said, shown", [(GOLDEN[:-1], "seen: nothing more"),
                                         ([*GOLDEN, "x"], "expected: nothing more")])
def test_too_few_and_too_many(said, shown):
    with pytest.raises(Failed) as failed:
        steps.expect_steps(Trial(said), GOLDEN, *WORDS)
    assert shown in " ".join(str(failed.value).split())


def test_one_that_ends_in_the_middle_is_shown_to_the_debugger():
    with pytest.raises(Failed, match="without saying") as failed:
        steps.expect_steps(Trial(None), GOLDEN, *WORDS)
    assert f"gdb --args {' '.join(WORDS)}\n" in str(failed.value) and "backtrace" in str(failed.value)


@pytest.mark.parametrize("words", [
    [steps.PLAYS, "--sched", "none"], [steps.PLAYS, "--seed", "1"], [steps.PLAYS, "--sched", "credit", "more"],
    [steps.MOVES, "--sched", "rr"], [steps.MOVES, "more"]])
def test_what_they_do_not_know_is_refused(words):
    done = subprocess.run([ROOT / words[0], *words[1:]], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2 and "expected --s" in done.stderr
