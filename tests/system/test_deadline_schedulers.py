# SPDX-License-Identifier: MIT
"""Reservations under sedf and weights under fair, on the machine."""
import pytest

from harness import top, vm

RESERVED = (top(pcpus=1, time="3s", sched="sedf", quantum="10ms") + "at 2s: sched-set fixed slice=8ms\n" +
            vm("control", "realtime", args="task:20ms:5ms", period="10ms", slice="3ms") +
            vm("fixed", "hog", period="20ms", slice="4ms") +
            vm("more", "hog", period="20ms", slice="2ms", extra="on") + vm("a", "hog") + vm("b", "hog"))
WEIGHTS = (top(pcpus=1, time="3500ms", sched="fair") +
           "".join(vm(name, "hog", weight=weight) for name, weight in (("a", 256), ("b", 512), ("c", 1024))))
CHANGED = top(pcpus=1, time="3s", sched="fair") + "at 1s: sched-set a weight=768\n" + vm("a", "hog") + vm("b", "hog")


def beside_a_hog(request):
    return (top(pcpus=1, time="2s", sched="fair") + vm("hog", "hog", request="50ms") +
            vm("sleeper", "io", args="period=10ms work=1ms", request=request))


def ran_ms(run):
    return {guest["name"]: guest["vcpus"][0]["run_ns"] / 1e6 for guest in run.report["vms"]}


def test_reservations_are_kept(run_once):
    """A slice in every period and no more without extra time, of which all who may have it get the same."""
    run = run_once(RESERVED)
    ran = ran_ms(run)
    assert ran["fixed"] == pytest.approx(4 * 100 + 8 * 50, abs=5)
    extra = {"more": ran["more"] - 2 * 150, "a": ran["a"], "b": ran["b"]}
    assert extra == pytest.approx(dict.fromkeys(extra, sum(extra.values()) / 3), abs=12)    # a quantum, and starting
    control = run.vm("control")["report"]
    assert control["jobs"] >= 148 and control["missed"] == 0


def test_shares_are_as_the_weights(run_once):
    ran = ran_ms(run_once(WEIGHTS))
    total = sum(ran.values())
    assert {name: 7 * time / total for name, time in ran.items()} == pytest.approx({"a": 1, "b": 2, "c": 4}, rel=0.03)


def test_a_weight_changes(run_once):
    ran = ran_ms(run_once(CHANGED))
    assert ran["a"] == pytest.approx(500 + 1500, rel=0.02)


def wait_us(run):
    """For each time it woke."""
    sleeper, = run.vm("sleeper")["vcpus"]
    return sleeper["steal_ns"] / sleeper["exits"]["wfi"] / 1000


def test_a_short_request_waits_less(run_once):
    """Who sleeps mostly has paid its debt when it wakes; then it depends on whose deadline is the first."""
    short, long = (wait_us(run_once(beside_a_hog(request))) for request in ("2ms", "50ms"))
    assert short < 400 and long > 1000, (short, long)
