# SPDX-License-Identifier: MIT
"""Gangs on real pCPUs: all VCPUs of a VM that want to run do so at the same time, or none does."""
import pytest

from harness import top, vm

MS = 1_000_000
BOOTED = 210 * MS       # all guests have by then, and 93 slots are left of 3 s


def three_gangs(sched):
    return top(pcpus=6, time="3s", sched=sched) + "".join(vm(name, "hog", vcpus=4) for name in "abc")


def running_at_once(run, first, count, since):
    """For how many ns how many of the VCPUs first, ... first + count - 1 ran, since that time: a list."""
    changes = []
    for pcpu in range(len(run.report["pcpus"])):
        for span in run.spans(pcpu):
            if first <= span.vcpu < first + count and span.end > since:
                changes += [(max(span.begin, since), 1), (span.end, -1)]
    lasted, running, at = [0] * (count + 1), 0, since
    for time, change in sorted(changes):
        lasted[running] += time - at
        running, at = running + change, time
    lasted[running] += run.report["elapsed_ns"] - at
    return lasted


def apart(run):
    """Of the time in which at least one VCPU of a VM of four ran, the part in which not all did, at the worst."""
    worst = 0
    for first in (0, 4, 8):
        lasted = running_at_once(run, first, 4, BOOTED)
        worst = max(worst, sum(lasted[1:4]) / sum(lasted[1:]))
    return worst


@pytest.fixture
def gangs(run_once):
    return run_once(three_gangs("gang"))


def test_three_gangs_of_four_on_six(gangs):
    """Any two of them collide, so each has a third of the time, and of all pCPUs a third idles."""
    for number, vcpu in enumerate(gangs.vcpus()):
        idle, ran = running_at_once(gangs, number, 1, BOOTED)
        assert 0.32 <= ran / (idle + ran) <= 0.345
        assert vcpu["migrations"] == 0
    idle = sum(pcpu["idle_ns"] for pcpu in gangs.report["pcpus"]) / gangs.report["elapsed_ns"] / 6
    assert 0.30 <= idle <= 0.36


def test_siblings_run_at_once(gangs, run_once):
    """But for the turns that harts take under instruction counting, within a beat of 1 ms, when a slot of 30 ms
    begins and ends. Under rr it is another matter."""
    assert apart(gangs) < 0.05
    assert apart(run_once(three_gangs("rr"))) > 0.5


def test_gangs_that_fit_run_at_once(run):
    """Two VMs of two VCPUs on four pCPUs leave nobody waiting: once it is there, none is off its pCPU for a tick. (What
    the beat costs counts as stolen, too, and depends on how the beats of four harts fall.)"""
    done = run(top(pcpus=4, time="500ms", sched="gang") + vm("a", "hog", vcpus=2) + vm("b", "hog", vcpus=2))
    for number in range(4):
        away, there = running_at_once(done, number, 1, 20 * MS)
        assert away == 0 and there > 450 * MS
