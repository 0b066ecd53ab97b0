# SPDX-License-Identifier: MIT
"""Fixtures of the labs' tests."""
import sys
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2] / "tools")]

from stintlib.course import isolation    # noqa: E402 (it needs the path)
from stintlib.course.catalogue import find_lab    # noqa: E402
from stintlib.course.grader import grade    # noqa: E402
from stintlib.errors import CannotRun    # noqa: E402


@pytest.fixture(scope="session")
def kept_in(tmp_path_factory):
    """What keeps a submission in. Where this machine cannot, there is nothing to test."""
    try:
        return isolation.isolation()
    except CannotRun as error:
        pytest.skip(str(error))


@pytest.fixture
def hand_in(tmp_path, kept_in):
    """hand_in(lab, {file: text}, only=(test,)): the grade of that submission."""
    def submit(number, files, only=(), seed=1):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, "utf-8")
        return grade(find_lab(number), tmp_path, seed, kept_in, only)
    return submit
