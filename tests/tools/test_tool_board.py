# SPDX-License-Identifier: MIT
"""Scoreboards, and how much of a scheduler is another one."""
import json
import re
from types import SimpleNamespace

import pytest

from stintlib.course import formats
from stintlib.course.akin import akin
from stintlib.course.board import Board, Score
from stintlib.course.grader import Grade
from stintlib.course.trial import Test as LabTest
from stintlib.course.trial import Verdict
from stintlib.paths import ROOT

SOURCES = {name: (ROOT / "sched" / f"{name}.c").read_text("utf-8") for name in ("rr", "credit", "sedf", "fair", "gang")}
BOARD = Board("mine", [Score("late", "ms", {"mine": 3, "rr": 90.5, "fair": 3}),
                       Score("work", "units", {"mine": 10, "rr": 30, "fair": 20}, less=False)], "So it is.")


def made(*boards):
    verdicts = [Verdict(LabTest(f"t{n}", 0, "", "", (), (), False, print), "passed", board=board)
                for n, board in enumerate(boards)]
    return Grade(SimpleNamespace(number=10, title="your own scheduler"), 1, verdicts, [], 1.0)


def test_places():
    assert [score.place("mine") for score in BOARD.scores] == [1, 3]
    assert [line.split() for line in BOARD.lines()[1:]] == [
        ["mine", "3", "10"], ["rr", "90.5", "30"], ["fair", "3", "20"],
        ["mine", "is", "1", "of", "3", "3", "of", "3"], ["So", "it", "is."]]


def test_in_the_text():
    text = formats.as_text(made(None, BOARD))
    assert "Scoreboard of 't1', no points:" in text and "So it is." in text


def test_in_json():
    (data,) = json.loads(formats.as_json(made(BOARD)))["boards"]
    assert data["test"] == "t0" and data["note"] == "So it is."
    assert data["scores"][1] == {"what": "work", "unit": "units", "values": {"mine": 10, "rr": 30, "fair": 20},
                                 "less_is_better": False}


def test_as_gradescopes_leaderboard():
    """Gradescope, "Autograder Specifications", leaderboards: name and value, and how to sort."""
    other = Board("mine", [Score("late", "ms", {"mine": 4.12345})])
    assert leaderboard(BOARD, other) == [{"name": "late, ms", "value": 4.123, "order": "asc"}]
    assert [score["order"] for score in leaderboard(BOARD)] == ["asc", "desc"]
    assert leaderboard(None) is None


def leaderboard(*boards):
    return json.loads(formats.as_gradescope(made(*boards))).get("leaderboard")


@pytest.mark.parametrize("name", SOURCES)
def test_a_copy_under_another_name(name):
    copy = re.sub(rf"\b{name}_", "mine_", SOURCES[name]).replace(f"sched_{name}", "sched_mine")
    copy = "/* Mine,\n * all mine. */\n" + copy.replace("\n    ", "\n\n        ")
    nearest, percent = akin(copy, "mine", SOURCES)
    assert nearest == name and percent > 90


def test_one_that_is_no_copy():
    mine = (ROOT / "labs/10-your-own-scheduler/reference/sched/mine.c").read_text("utf-8")
    assert akin(mine, "mine", SOURCES)[1] < 40
    assert akin("", "mine", SOURCES)[1] == 0
