# SPDX-License-Identifier: MIT
"""Who gets how much of the CPU, and that every tick is accounted for once."""
import pytest

from harness import PCPU_PARTS, ROOT, TICK_NS, VCPU_PARTS, run_scenario, top, vm
from stintlib.history import History
from stintlib.waits import vm_waits

TWELVE = top(pcpus=6, time="5s", quantum="5ms") + "".join(vm(name, "hog", vcpus=4) for name in "abc")
THIEF = (ROOT / "scenarios" / "thief.conf").read_text("utf-8")
SPINNER = top(pcpus=1, time="1s", quantum="1ms") + vm("spinner", "hog") + vm("sleeper", "timeshare", args="sleep:5ms")
MIXED = (top(pcpus=3, time="700ms", quantum="700us") + "at 100ms: pause a\nat 233ms: resume a\nat 400ms: reset b\n" +
         vm("a", "hog", vcpus=2, affinity="0") + vm("b", "timeshare", vcpus=2, args="spin sleep:3ms", affinity="0-1") +
         vm("c", "ipi", vcpus=4) + vm("d", "memory", args="touch=300 then=crash", start="50ms") +
         vm("e", "timer", affinity="2") + vm("f", "rogue", args="case=storm_naps", start="300ms"))
ALL = {"twelve on six": TWELVE, "thief": THIEF, "spinner": SPINNER, "mixed": MIXED}


@pytest.fixture
def ran(run_once):
    return lambda name: run_once(ALL[name], expect=None)


def share(vcpu):
    """Of the time it wanted, what it got."""
    return vcpu["run_ns"] / (vcpu["run_ns"] + vcpu["steal_ns"])


def test_twelve_vcpus_on_six_pcpus(ran):
    """50 % of a pCPU each, to 1 %: of all run time, since in a deterministic run several pCPUs share one
    stream of instructions and what the hypervisor does on one passes as time on all."""
    guests = ran("twelve on six").report["vms"]
    total = sum(vcpu["run_ns"] for vcpu in ran("twelve on six").vcpus())
    shares = {(guest["name"], vcpu["id"]): 6 * vcpu["run_ns"] / total for guest in guests for vcpu in guest["vcpus"]}
    assert len(shares) == 12
    assert {who: part for who, part in shares.items() if not 0.49 <= part <= 0.51} == {}


def test_thief(ran):
    run = ran("thief")
    for vcpu in run.vcpus():
        assert 0.49 <= vcpu["steal_ns"] / run.report["elapsed_ns"] <= 0.51
        assert 0.49 <= share(vcpu) <= 0.51


def test_a_spinner_starves_nobody(ran):
    """Who sleeps and works a little is on the pCPU within a quantum of its wake-up, beside one who never
    gives way."""
    run = ran("spinner")
    sleeper, = run.vm("sleeper")["vcpus"]
    wakes = sleeper["exits"]["wfi"]
    assert wakes >= 90
    assert sleeper["steal_ns"] <= (wakes + 2) * 1_100_000


@pytest.mark.parametrize("name", ALL)
class TestAccounts:
    def test_parts_of_a_pcpu(self, ran, name):
        report = ran(name).report
        sums = [sum(pcpu[part] for part in PCPU_PARTS) for pcpu in report["pcpus"]]
        assert sums == [report["elapsed_ns"]] * len(sums)

    def test_parts_of_a_vcpu(self, ran, name):
        report = ran(name).report
        sums = {(guest["name"], vcpu["id"]): sum(vcpu[part] for part in VCPU_PARTS)
                for guest in report["vms"] for vcpu in guest["vcpus"]}
        assert {who: total for who, total in sums.items() if total != report["elapsed_ns"]} == {}

    def test_run_time_is_the_pcpus(self, ran, name):
        """What all VCPUs ran is what all pCPUs gave."""
        report = ran(name).report
        given = sum(pcpu["guest_ns"] + pcpu["hyp_vcpu_ns"] for pcpu in report["pcpus"])
        assert sum(vcpu["run_ns"] for vcpu in ran(name).vcpus()) == given

    def test_exits_are_part_of_run_time(self, ran, name):
        report = ran(name).report
        assert sum(vcpu["hyp_ns"] for vcpu in ran(name).vcpus()) == sum(
            pcpu["hyp_vcpu_ns"] for pcpu in report["pcpus"])

    def test_to_the_tick(self, ran, name):
        times = [vcpu[part] for vcpu in ran(name).vcpus() for part in VCPU_PARTS]
        assert [time for time in times if time < 0 or time % TICK_NS] == []


def test_affinity_is_respected(ran):
    spans = {number: {span.vcpu for span in ran("mixed").spans(number)} for number in range(3)}
    first = {guest["name"]: guest["first_vcpu"] for guest in ran("mixed").trace.header["vms"]}
    only_0, only_01, only_2 = {first["a"], first["a"] + 1}, {first["b"], first["b"] + 1}, {first["e"]}
    assert not spans[1] & (only_0 | only_2) and not spans[2] & (only_0 | only_01) and not spans[0] & only_2


def test_no_vcpu_waits_while_a_pcpu_idles(tmp_path):
    """Two spinners with two pCPUs have one each all the time, wherever they began."""
    ran = run_scenario(tmp_path, top(pcpus=2, time="300ms") + vm("a", "hog") + vm("b", "hog", start="20ms"))
    there = {span.vcpu: 0 for number in range(2) for span in ran.spans(number)}
    for span in ran.spans(0) + ran.spans(1):
        there[span.vcpu] += span.end - span.begin
    for index, vcpu in enumerate(ran.vcpus()):
        assert there[index] > 0.98 * (ran.report["elapsed_ns"] - vcpu["offline_ns"])


def test_harts_take_short_turns_while_all_change(tmp_path):
    """When the slot of a gang ends, every hart works in the hypervisor at once and kicks others. None of them may run
    on for a slice meanwhile: each of three gangs waits for two slots of 30 ms, and none for a third."""
    scenario = top(pcpus=6, time="3s", sched="gang") + "".join(vm(name, "hog", vcpus=4) for name in "abc")
    history = History(run_scenario(tmp_path, scenario).trace)
    assert max(max(vm_waits(history, number)) for number in range(3)) < 90e6


@pytest.mark.parametrize("case", ["fence_storm", "ipi_storm"])
def test_kicks_cost_the_one_who_asks(tmp_path, case):
    """Four VCPUs that fence or interrupt each other without pause, and a spinner on the pCPU of one of them: though
    every kick ends a hart's turn under instruction counting, the spinner has its half, and never waits for two
    slices."""
    scenario = top(pcpus=4, time="2s", quantum="5ms")
    scenario += vm("storm", "rogue", vcpus=4, affinity="0;1;2;3", args=f"case={case}")
    scenario += vm("hog", "hog", affinity="3")
    ran = run_scenario(tmp_path, scenario, "--set", "trace=1048576", expect=None)
    storm, hog = ran.report["vms"]
    assert max(span.end - span.begin for span in ran.spans(3) if span.vcpu == 3) < 10e6
    assert hog["vcpus"][0]["run_ns"] / (hog["vcpus"][0]["run_ns"] + storm["vcpus"][3]["run_ns"]) > 0.48
