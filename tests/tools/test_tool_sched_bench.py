# SPDX-License-Identifier: MIT
"""How the cost of a decision grows with the machine: in nodes of queues, which are the same in every run."""
import subprocess
import sys
from pathlib import Path

import pytest

from stintlib.schedulers import scheduler_names

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
import scheds    # noqa: E402  (it needs the path)


@pytest.fixture(name="rows", scope="module")
def rows_of_all():
    return scheds.measure()


def test_a_row_for_each(rows):
    wanted = [(sched, size, max(size // 16, 1) if bounded else 1)
              for sched in scheduler_names() for bounded in (True, False) for size in (16, 256, 4096, 16384)]
    assert [(row["sched"], row["vcpus"], row["pcpus"]) for row in rows] == wanted


@pytest.mark.parametrize("sched", scheduler_names())
def test_growth(rows, sched):
    """Not at all with queues of bounded length, and as the logarithm of the length else."""
    for name, on_one, own in scheds.series(rows):
        if name == sched:
            assert scheds.too_dear(on_one, own) == []


def test_nodes_are_counted(rows):
    """Who keeps order looks at nodes; rr needs none."""
    assert all(row["touches"] < 1 for row in rows if row["sched"] == "rr")
    assert all(row["touches"] > 1 for row in rows if row["sched"] in ("credit", "sedf", "fair") and row["pcpus"] > 1)


def test_the_same_again(rows):
    first = rows[0]["sched"]
    again = scheds.measure(first)
    assert [(row["touches"], row["worst"]) for row in again] == [
        (row["touches"], row["worst"]) for row in rows if row["sched"] == first]


def test_growth_is_seen():
    """A cost that grows with the number of VCPUs is too dear, on one pCPU and on many."""
    def rows_of(*touches):
        return [{"vcpus": size, "touches": count} for size, count in zip(scheds.SIZES, touches)]

    assert scheds.too_dear(True, rows_of(20, 40, 60, 70)) == [] and scheds.too_dear(False, rows_of(4, 4, 4, 4)) == []
    assert len(scheds.too_dear(True, rows_of(4, 64, 1024, 4096))) == 3
    assert len(scheds.too_dear(False, rows_of(4, 4, 6, 7))) == 1


def test_an_unknown_scheduler():
    done = subprocess.run([scheds.PROGRAM, "best"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and "found the scheduler 'best'" in done.stderr
