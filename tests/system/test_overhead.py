# SPDX-License-Identifier: MIT
"""What the hypervisor takes, per VCPU and cause of exit: all of it is somebody's, to the tick."""
import pytest

from harness import top, vm

INTERRUPTS = ("timer", "kick", "beat")      # the hypervisor's own work
MIXES = {
    "calls": top(pcpus=1, time="300ms") + vm("a", "sbi") + vm("b", "hog"),
    "timers": top(pcpus=1, quantum="1ms", time="500ms") + vm("a", "timer") + vm("b", "hog"),
    "ipis": top(pcpus=2, quantum="500us", time="500ms") + vm("a", "ipi", vcpus=4) + vm("b", "hog", vcpus=2),
    "clocks": top(pcpus=2, quantum="500us", time="500ms") + vm("b", "hog")
    + vm("a", "clock", vcpus=3, clock="catchup", args="reads=100000 naps=200"),
}


@pytest.mark.parametrize("mix", MIXES)
class TestSums:
    def test_causes_are_all_work_for_a_vcpu(self, run_once, mix):
        for vcpu in run_once(MIXES[mix]).vcpus():
            own = sum(ns for cause, ns in vcpu["exits_ns"].items() if cause not in INTERRUPTS)
            assert own + vcpu["served_ns"] == vcpu["hyp_ns"]

    def test_work_for_vcpus_is_that_of_the_pcpus(self, run_once, mix):
        report = run_once(MIXES[mix]).report
        assert sum(vm["hyp_ns"] for vm in report["vms"]) == sum(pcpu["hyp_vcpu_ns"] for pcpu in report["pcpus"])
        for machine in report["vms"]:
            assert machine["hyp_ns"] == sum(vcpu["hyp_ns"] for vcpu in machine["vcpus"])

    def test_interrupts_are_part_of_its_own_work(self, run_once, mix):
        ran = run_once(MIXES[mix])
        interrupts = sum(vcpu["exits_ns"][cause] for vcpu in ran.vcpus() for cause in INTERRUPTS)
        assert 0 < interrupts < sum(pcpu["hyp_self_ns"] for pcpu in ran.report["pcpus"])

    def test_what_never_happened_took_nothing(self, run_once, mix):
        for vcpu in run_once(MIXES[mix]).vcpus():
            for cause, ns in vcpu["exits_ns"].items():
                assert vcpu["exits"][cause] or not ns
                assert ns <= 1_000_000 * vcpu["exits"][cause]


def test_it_is_printed(run):
    ran = run(MIXES["calls"])
    assert "VMM overhead" in ran.stdout
