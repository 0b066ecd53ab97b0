# SPDX-License-Identifier: MIT
"""The same run twice: byte for byte the same trace and report, whatever else the host does."""
import subprocess
import sys
from contextlib import contextmanager

import pytest

from harness import ROOT, run_scenario, top, vm

GUESTS = (vm("tasks", "timeshare", vcpus=2, args="spin sleep:3ms slice=2ms") + vm("spin", "hog") +
          vm("harts", "ipi", vcpus=4, args="rounds=5") + vm("fault", "rogue", args="case=crash_all", vcpus=3) +
          vm("naps", "rogue", args="case=storm_naps"))
BUSY = "import time\nend = time.monotonic() + 60\nwhile time.monotonic() < end: pass"


@contextmanager
def busy_host():
    """Others take the host's CPUs meanwhile, for a minute at most."""
    others = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(3)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


@pytest.mark.parametrize("pcpus", [1, 4])
def test_two_runs_are_the_same(tmp_path, pcpus):
    scenario = top(pcpus=pcpus, time="400ms", quantum="1ms") + GUESTS
    first = run_scenario(tmp_path / "quiet", scenario, expect=1)
    with busy_host():
        second = run_scenario(tmp_path / "busy", scenario, expect=1)
    assert first.trace.lost == 0 and len(first.trace_bytes) > 50_000
    assert first.trace_bytes == second.trace_bytes
    assert first.report == second.report
    assert first.report["deterministic"] is True
    assert first.console == second.console


def test_no_image_tells_where_it_was_built():
    """Else it would be longer by that, take longer to load, and run otherwise than in another folder."""
    images = list((ROOT / "build").glob("*/*.elf"))
    assert len(images) > 20
    assert [image.name for image in images if str(ROOT).encode() in image.read_bytes()] == []
