# SPDX-License-Identifier: MIT
"""Timers and WFI to the tick (tests/guests/timer.c).

Measured with one instruction a nanosecond (--shift 0), a hundred instructions a tick: what the guest reads
from its clock first after a timer, less what it asked for. A running VCPU takes its timer without the
hypervisor, at most one tick late. One that waits in WFI has to be woken and entered, which is a fixed way
of some hundred instructions: the wake-ups are never early and lie within one tick of each other.
"""
import pytest

from harness import run_native, top, vm

ALONE = top(pcpus=1, time="20s") + vm("a", "timer")
WAYS = [(setter, waiter) for setter in ("stimecmp", "set_timer") for waiter in ("spin", "wfi", "wfi_masked")]
WAY_BACK_TICKS = 15     # from the idle pCPU's interrupt to the guest's own code: less than 1,500 instructions


@pytest.mark.parametrize("setter, waiter", WAYS)
def test_to_the_tick(run_once, setter, waiter):
    late = run_once(ALONE, "--shift", "0").measured("a")["late"][setter][waiter]
    assert late["least"] >= 0, "it came early"
    assert late["most"] - late["least"] <= 1
    assert late["most"] <= (1 if waiter == "spin" else WAY_BACK_TICKS)


def test_no_drift(run_once):
    period = run_once(ALONE, "--shift", "0").measured("a")["period"]
    assert period["late_most"] <= WAY_BACK_TICKS and period["drift"] <= WAY_BACK_TICKS


def test_pending_bits_and_past_timers(run_once):
    measured = run_once(ALONE, "--shift", "0").measured("a")
    assert measured.get("wrong", {}) == {}
    assert measured["checks"] > 400 and measured["failed"] == 0


def test_blocked_time_is_blocked(run_once):
    """Waiting is neither run time nor steal: 3 ms on average, 64 times each of four ways, and 200 periods
    of 1 ms."""
    vcpu, = run_once(ALONE, "--shift", "0").vm("a")["vcpus"]
    assert vcpu["blocked_ns"] > 900_000_000
    assert vcpu["steal_ns"] < 3_000_000
    assert vcpu["exits"]["wfi"] >= 4 * 64 + 200


@pytest.mark.parametrize("setter, waiter", WAYS)
def test_beside_a_spinner(run_once, setter, waiter):
    """With somebody else on the pCPU a timer waits for its VCPU's turn, one quantum at most."""
    scenario = top(pcpus=1, quantum="1ms", time="3s") + vm("a", "timer") + vm("b", "hog")
    late = run_once(scenario).measured("a")["late"][setter][waiter]
    assert 0 <= late["least"] and late["most"] <= 11_000


def test_natively():
    measured = run_native("timer", shift=0)
    assert measured.get("wrong", {}) == {}
    assert max(way["most"] for setter in measured["late"].values() for way in setter.values()) <= 1
