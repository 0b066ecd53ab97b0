# SPDX-License-Identifier: MIT
"""Every SBI call with good and bad arguments, from a guest (tests/guests/sbi.c); and the same guest on
OpenSBI, which shows that its checks are right where the specification decides."""
import pytest

from harness import run_native, top, vm


@pytest.mark.parametrize("pcpus, vcpus", [(1, 1), (1, 2), (2, 3), (1, 32)])
def test_calls(run, pcpus, vcpus):
    measured = run(top(pcpus=pcpus, time="5s") + vm("a", "sbi", vcpus=vcpus)).measured("a")
    assert measured.get("wrong", {}) == {}
    assert measured["failed"] == 0 and measured["hosted"] == 1
    assert measured["checks"] > (200 if vcpus > 1 else 170)


def test_calls_beside_others(run):
    scenario = top(pcpus=2, quantum="200us", time="5s")
    scenario += vm("a", "sbi", vcpus=2) + vm("b", "sbi", vcpus=3) + vm("c", "neighbour")
    ran = run(scenario, "--for", "1s")
    assert [ran.measured(name).get("wrong", {}) for name in "ab"] == [{}, {}]
    assert ran.measured("c")["damaged"] == 0


def test_calls_natively():
    measured = run_native("sbi", harts=2)
    assert measured.get("wrong", {}) == {}
    assert measured["hosted"] == 0 and measured["checks"] > 100


def test_its_text_reaches_the_console(run):
    ran = run(top(pcpus=1, time="5s") + vm("a", "sbi"))
    assert b"[a] a line by way of the debug console" in ran.console
