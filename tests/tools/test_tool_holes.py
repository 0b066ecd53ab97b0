# SPDX-License-Identifier: MIT
"""The holes of the labs (stintlib.course.holes): what each student finds in their place."""
from types import SimpleNamespace

import pytest

from stintlib.course.holes import holes_in, without_marks
from stintlib.errors import CannotRun

TEXT = """first
/* BEGIN SOLUTION 2.arrive 9.forget */
both
/* END SOLUTION */
between
    /* BEGIN SOLUTION 2.map */
    two
    /* END SOLUTION */
last
"""


def lab(number, folder):
    return SimpleNamespace(number=number, folder=folder)


@pytest.fixture
def starters(tmp_path):
    (tmp_path / "starter").mkdir()
    for name in ("arrive", "forget", "map"):
        (tmp_path / "starter" / f"{name}.txt").write_text(f"write {name}\n", "utf-8")
    return tmp_path


@pytest.mark.parametrize("number, text", [
    (2, "first\nwrite arrive\nbetween\nwrite map\nlast\n"),
    (9, "first\nwrite forget\nbetween\n    two\nlast\n"),
    (5, "first\nboth\nbetween\n    two\nlast\n"),
])
def test_what_each_student_finds(starters, number, text):
    assert without_marks("file.c", TEXT, lab(number, starters)) == text


def test_a_place_is_a_hole_of_each_lab_that_it_names():
    assert [(hole.lab, hole.name) for hole in holes_in("file.c", TEXT)] == [(2, "arrive"), (9, "forget"), (2, "map")]


def test_a_hole_without_a_text(starters):
    (starters / "starter" / "map.txt").unlink()
    with pytest.raises(CannotRun, match="the hole 2.map has no text"):
        without_marks("file.c", TEXT, lab(2, starters))


@pytest.mark.parametrize("text", [TEXT.replace("/* END SOLUTION */", "", 1), TEXT + "/* END SOLUTION */\n"])
def test_marks_that_do_not_match(text):
    with pytest.raises(CannotRun, match="file.c: the "):
        holes_in("file.c", text)
