# SPDX-License-Identifier: MIT
"""The experiments on stolen time, twice: each of their runs gives the same trace and report, byte for byte."""
import pytest

from harness import ROOT    # noqa: F401  (it brings the path of stintlib)
from stintlib.experiments import all_experiments, distortion
from stintlib.lab import Lab

NAMES = ("ballooning", "cure", "distortion", "double-scheduling", "lost-time", "pv-locks", "sar-top", "two-tasks",
         "victims")


@pytest.fixture
def labs():
    """Two, which know nothing of each other's runs."""
    with Lab() as one, Lab() as other:
        yield one, other


def assert_same(labs):
    """Every run of the one lab, and that of the other."""
    one, other = (lab.runs for lab in labs)
    assert one and one.keys() == other.keys()
    for key, run in one.items():
        trace, report = ((run.folder / name).read_bytes() for name in ("trace", "report.json"))
        assert run.ended["deterministic"] is True and len(trace) > 2_000, run.name
        assert trace == (other[key].folder / "trace").read_bytes(), run.name
        assert report == (other[key].folder / "report.json").read_bytes(), run.name


@pytest.mark.parametrize("scenario", [
    pytest.param("two-tasks-spinner", id="1 hart"),
    pytest.param(distortion.asleep("catchup", "1ms"), id="4 harts"),
])
def test_one_of_them(labs, scenario):
    for run in [lab.run(scenario) for lab in labs]:
        assert run.report["elapsed_ns"] > 0
    assert_same(labs)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_all_of_one(labs, name):
    rows = [[row.as_json(name) for row in all_experiments()[name].run(lab)] for lab in labs]
    assert rows[0] == rows[1]
    assert_same(labs)
