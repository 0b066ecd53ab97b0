# SPDX-License-Identifier: MIT
"""Registers survive exits and other VCPUs: patterns in all 31 integer registers (tests/guests/regs.c) and
in f0 to f31 and fcsr (fp.c), under preemption, beside VCPUs that hold other patterns or do not use floating
point at all."""
import pytest

from harness import run_native, top, vm

HARD = top(pcpus=1, quantum="100us", time="60s")


@pytest.fixture
def crowd(run_once):
    scenario = HARD
    scenario += vm("two", "regs", vcpus=2, args="rounds=8500 seed=1")
    scenario += vm("one", "regs", args="rounds=8500 seed=2")
    scenario += vm("fp1", "fp", args="rounds=8500 seed=7")
    scenario += vm("fp2", "fp", args="rounds=8500 seed=9")
    scenario += vm("observer", "fp", args="rounds=8500 role=observer")
    return run_once(scenario)


def exits(ran, *names):
    return sum(sum(vcpu["exits"].values()) for name in names for vcpu in ran.vm(name)["vcpus"])


def test_integer_registers(crowd):
    assert [crowd.measured(name).get("first_wrong") for name in ("two", "one")] == [None, None]
    assert [crowd.measured(name)["wrong"] for name in ("two", "one")] == [0, 0]
    assert crowd.measured("two")["rounds"] == 17000
    assert exits(crowd, "two", "one") >= 70_000


def test_floating_point_registers(crowd):
    assert [crowd.measured(name).get("first_wrong") for name in ("fp1", "fp2")] == [None, None]
    assert [crowd.measured(name)["wrong"] for name in ("fp1", "fp2")] == [0, 0]
    assert [crowd.measured(name)["failed"] for name in ("fp1", "fp2")] == [0, 0], "the state in sstatus.FS"


def test_floating_point_of_others_is_never_seen(crowd):
    measured = crowd.measured("observer")
    assert measured.get("first_wrong") is None and measured["wrong"] == 0
    assert measured["rounds"] == 8500


def test_hard_enough(crowd):
    """At least 100,000 exits and switches, and floating point really came and went."""
    names = ("two", "one", "fp1", "fp2", "observer")
    assert exits(crowd, *names) >= 100_000
    assert sum(vcpu["switches"] for vcpu in crowd.vcpus()) >= 5_000
    assert sum(vcpu["exits"]["fp"] for vcpu in crowd.vm("fp1")["vcpus"]) >= 500
    assert sum(vcpu["exits"]["fp"] for vcpu in crowd.vm("two")["vcpus"]) == 0


def test_across_pcpus(run):
    """VCPUs that move between pCPUs take their registers along."""
    scenario = top(pcpus=3, quantum="200us", time="600ms")
    scenario += vm("two", "regs", vcpus=2, args="rounds=2000 seed=3") + vm("fp", "fp", args="rounds=2000 seed=5")
    scenario += vm("t1", "timeshare", args="sleep:1ms") + vm("t2", "timeshare", args="sleep:700us")
    ran = run(scenario + vm("ipi", "ipi", vcpus=4))
    assert ran.measured("two")["wrong"] == 0 and ran.measured("two")["rounds"] == 4000
    assert ran.measured("fp")["wrong"] == 0 and ran.measured("fp")["rounds"] == 2000
    assert ran.measured("ipi")["failed"] == 0
    assert sum(vcpu["migrations"] for name in ("two", "fp") for vcpu in ran.vm(name)["vcpus"]) > 0
    assert sum(vcpu["migrations"] for vcpu in ran.vcpus()) > 5


def test_natively():
    assert run_native("regs", "rounds=1000")["wrong"] == 0
    assert run_native("fp", "rounds=1000")["wrong"] == 0
