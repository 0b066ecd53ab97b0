# SPDX-License-Identifier: MIT
"""Stolen time as SBI's steal-time accounting tells a guest of it, and every rule of that extension
(tests/guests/sta.c). Guest times are ticks of 100 ns.

What a spinner sees as gaps between two looks at the clock is a little more than its steal: what saves and restores it,
and its own pass, is its own time.
"""
import pytest

from harness import TICK_NS, top, vm

MS = 10_000             # ticks
AROUND_A_SWITCH = 75    # ticks, of each gap that it sees


def beside_hog(case, more="", pcpus=1, quantum="1ms", **keys):
    """A guest that shares its first pCPU, or hart 1's of two, with a hog."""
    text = top(pcpus=pcpus, quantum=quantum, time="10s")
    text += vm("a", "sta", args=f"case={case} {more}", **keys)
    return text + vm("hog", "hog", affinity=str(pcpus - 1))


def checked(ran, least=1):
    """What the guest measured, none of its checks having failed."""
    measured = ran.measured("a")
    assert ran.vm("a")["state"] == "stopped"
    assert measured.get("wrong", {}) == {}
    assert measured.get("failed", 0) == 0 and measured.get("checks", 0) >= least
    return measured


@pytest.mark.parametrize("case, least", [("calls", 80), ("zeroed", 202)])
def test_calls(run, case, least):
    checked(run(top(pcpus=1, time="5s") + vm("a", "sta", args=f"case={case}")), least)


@pytest.mark.parametrize("case, least", [("again", 6), ("disabled", 2), ("moved", 3)])
def test_beside_hog(run, case, least):
    checked(run(beside_hog(case), "--for", "500ms"), least)


@pytest.mark.parametrize("case, least", [("sibling", 4), ("restart", 7), ("suspend", 2)])
def test_two_harts(run, case, least):
    checked(run(beside_hog(case, pcpus=2, quantum="5ms", vcpus=2, affinity="0;1"), "--for", "1s"), least)


def test_reboot(run):
    ran = run(beside_hog("reboot", more="cycles=400000000"), "--for", "1s")
    assert checked(ran, 1)["rebooted"] == 1
    assert ran.snapshot.vms[0].starts == 2


@pytest.mark.parametrize("clock", ["real", "virtual", "catchup"])
class TestSpinner:
    """Half of its time is another's."""

    @staticmethod
    def view(run_once, clock, **keys):
        ran = run_once(beside_hog("spin", "ms=400", clock=clock, **keys), "--for", "3s")
        return ran, checked(ran, 40)

    def test_goes_up_alone_and_is_never_preempted_while_it_runs(self, run_once, clock):
        _, seen = self.view(run_once, clock)
        assert seen["wrong_views"] == 0 and seen["passes"] > 10_000

    def test_is_no_more_than_the_time_in_which_it_was_told(self, run_once, clock):
        _, seen = self.view(run_once, clock)
        assert seen["excess"] <= 0

    def test_run_and_steal_are_all_time(self, run_once, clock):
        _, seen = self.view(run_once, clock)
        ran, seen = self.view(run_once, clock)
        vcpu, = ran.vm("a")["vcpus"]
        away = vcpu["switches"] + vcpu["exits"]["beat"]
        assert seen["steal"] < seen["gaps"] <= seen["steal"] + AROUND_A_SWITCH * away

    def test_is_half_of_the_time_that_its_clock_showed(self, run_once, clock):
        """A clock that stands still shows none of it but what the hypervisor takes for itself."""
        ran, seen = self.view(run_once, clock)
        vcpu, = ran.vm("a")["vcpus"]
        assert seen["steal"] * TICK_NS <= vcpu["steal_ns"]
        share = seen["steal"] / seen["elapsed"]
        assert share < 0.02 if clock == "virtual" else share == pytest.approx(0.5, abs=0.02)


def test_sleep_alone_is_no_steal(run):
    seen = run(top(pcpus=1, time="5s") + vm("a", "sta", args="case=sleep")).measured("a")
    assert seen["elapsed"] >= 20 * 5 * MS
    assert seen["steal"] <= seen["late"] <= 0.005 * seen["elapsed"]


def test_wait_after_a_wake_up_is(run):
    seen = run(beside_hog("sleep", quantum="20ms"), "--for", "3s").measured("a")
    assert seen["late"] > 20 * 10 * MS
    assert seen["steal"] == pytest.approx(seen["late"], abs=20 * AROUND_A_SWITCH)


@pytest.mark.parametrize("case", ["steal_storm", "steal_shared", "steal_reborn", "steal_in_area", "steal_rewritten"])
def test_rogues_on_many_pcpus(run, case):
    """Records registered, moved and left from several pCPUs at once (tests/rogue/steal.c)."""
    text = top(pcpus=4, quantum="500us", time="300ms") + vm("n", "neighbour")
    ran = run(text + vm("a", "rogue", args=f"case={case} area=none", vcpus=5, memory="4M"))
    assert ran.snapshot.end == "time"
    assert ran.measured("n")["damaged"] == 0 and ran.measured("n")["rounds"] > 0
    assert ran.vm("n")["vcpus"][0]["run_ns"] > 0.3 * ran.report["elapsed_ns"]
    assert ran.vm("a")["state"] in ("running", "stopped")
