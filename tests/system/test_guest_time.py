# SPDX-License-Identifier: MIT
"""Time as guests see it: where it went (`sar`), whose it was (`top`), what was taken."""
import pytest

from harness import ROOT, run_native, run_scenario, top, vm

MS = 1_000_000


def beside(tmp_path, guest, hogs, clock="real", quantum="10ms", **keys):
    """A guest on one pCPU with so many hogs: the run, and what the guest measured."""
    text = top(pcpus=1, time="1s", quantum=quantum) + vm("a", guest, clock=clock, **keys)
    ran = run_scenario(tmp_path, text + "".join(vm(f"hog{number}", "hog") for number in range(hogs)))
    return ran, ran.measured("a")


@pytest.fixture(scope="module")
def distorted(tmp_path_factory):
    """What the three victims of scenarios/distortion.conf measured, by name."""
    text = (ROOT / "scenarios" / "distortion.conf").read_text("utf-8")
    ran = run_scenario(tmp_path_factory.mktemp("run"), text, name="distortion")
    return {name: ran.measured(name) for name in ("real", "virtual", "catchup")}


def sar(measured):
    return {name: measured[f"{name}_pct"] for name in ("user", "system", "steal", "idle")}


@pytest.mark.parametrize("hogs, user", [(0, 100), (1, 50), (3, 25)])
def test_a_spinner_beside_others(tmp_path, hogs, user):
    """What it does not run is steal, and as much as the hypervisor says. Who does not know of steal takes all of the
    time for the task's."""
    ran, measured = beside(tmp_path, "timeshare", hogs, args="spin")
    assert sar(measured) == {"user": pytest.approx(user, abs=1), "system": pytest.approx(0, abs=1),
                             "steal": pytest.approx(100 - user, abs=1), "idle": 0}
    vcpu, = ran.vm("a")["vcpus"]
    assert 0 <= vcpu["steal_ns"] - measured["stolen_ns"] <= (10 * hogs + 1) * MS    # before its start, and at the end
    task, = measured["tasks"]
    assert task["top_blind_pct"] >= 98
    assert task["top_aware_pct"] == pytest.approx(user, abs=1)


def test_two_tasks_share_what_is_left(tmp_path):
    _, measured = beside(tmp_path, "timeshare", 1, args="spin spin slice=1ms")
    assert [task["top_aware_pct"] for task in measured["tasks"]] == [pytest.approx(25, abs=1)] * 2
    assert sum(task["top_blind_pct"] for task in measured["tasks"]) >= 98


def test_waiting_is_no_steal(tmp_path):
    """One that sleeps is idle, to the time at which it could run again: from then on it is stolen from."""
    _, alone = beside(tmp_path / "alone", "timeshare", 0, args="sleep:5ms")
    assert sar(alone) == {"user": 0, "system": pytest.approx(1, abs=1), "steal": 0, "idle": pytest.approx(99, abs=1)}
    ran, crowded = beside(tmp_path / "crowded", "timeshare", 2, args="sleep:5ms")
    vcpu, = ran.vm("a")["vcpus"]
    assert crowded["steal_pct"] > 50
    assert crowded["steal_pct"] == pytest.approx(100 * vcpu["steal_ns"] / ran.report["elapsed_ns"], abs=2)
    assert crowded["idle_pct"] == pytest.approx(100 * vcpu["blocked_ns"] / ran.report["elapsed_ns"], abs=2)


def test_all_cpus_count(tmp_path):
    """Four VCPUs of one pCPU, one of which has nothing to do."""
    _, measured = beside(tmp_path, "timeshare", 0, vcpus=4, args="spin spin spin")
    assert sar(measured) == {"user": pytest.approx(25, abs=1), "system": pytest.approx(0, abs=1),
                             "steal": pytest.approx(50, abs=1), "idle": pytest.approx(25, abs=1)}


def test_a_clock_that_stands_still_shows_no_steal(tmp_path):
    ran, measured = beside(tmp_path, "timeshare", 1, clock="virtual", args="spin")
    assert measured["steal_pct"] == 0 and measured["user_pct"] >= 98
    assert ran.vm("a")["vcpus"][0]["steal_ns"] > 400 * MS


def test_natively_nothing_is_stolen():
    measured = run_native("timeshare", "work:20000")
    assert sar(measured) == {"user": pytest.approx(99, abs=1), "system": pytest.approx(1, abs=1), "steal": 0, "idle": 0}
    assert measured["stolen_ns"] == 0


@pytest.mark.parametrize("clock, host, guest", [("real", 1050, 1050), ("virtual", 1100, 100), ("catchup", 1075, 100)])
def test_distortion(distorted, clock, host, guest):
    """By the host's clock, and by its own."""
    measured = distorted[clock]
    assert measured["timer_asked_ns"] == 100 * MS
    assert measured["timer_host_ns"] == pytest.approx(host * MS, rel=0.01)
    assert measured["timer_guest_ns"] == pytest.approx(guest * MS, rel=0.01)


@pytest.mark.parametrize("args, says", [("ask=0ms", "a time to ask for above 0"), ("after=soon", "a whole number")])
def test_distortion_refuses(tmp_path, args, says):
    ran = run_scenario(tmp_path, top(pcpus=1, time="100ms") + vm("a", "distortion", args=args), expect=None)
    assert says in ran.console.decode()


@pytest.mark.parametrize("accounting, share", [("blind", 2 / 3), ("aware", 1 / 2)])
def test_slices_without_what_was_stolen(tmp_path, accounting, share):
    """A turn of 15 ms is a slice of 10 ms and half of the next one, which is over, by the clock, when the guest comes
    back: one task always has the half."""
    args = f"spin spin slice=10ms accounting={accounting}"
    _, measured = beside(tmp_path, "timeshare", 1, quantum="15ms", args=args)
    first, second = (task["work"] for task in measured["tasks"])
    assert max(first, second) / (first + second) == pytest.approx(share, abs=0.03)


@pytest.mark.parametrize("clock, tick, lost", [
    ("real", "coalesce", 4 / 10), ("real", "replay", 0), ("virtual", "coalesce", 0)])
def test_a_guest_that_counts_ticks(tmp_path, clock, tick, lost):
    """It is away for 50 ms of 100 ms: of the five periods that end then it counts one, or all, or there are none."""
    _, measured = beside(tmp_path, "timeshare", 1, clock, quantum="50ms", args=f"spin tick={tick}")
    assert measured["lost_ns"] == pytest.approx(lost * measured["elapsed_ns"], abs=50 * MS)
    assert measured["ticks"] * 10 * MS + measured["lost_ns"] == pytest.approx(measured["elapsed_ns"], abs=60 * MS)


@pytest.mark.parametrize("clock, behind", [("real", 0), ("virtual", 500), ("catchup", 500)])
def test_a_wall_clock_that_is_corrected(tmp_path, clock, behind):
    """A clock that stands still while the guest is away loses half of the time, and is held within two turns of it."""
    _, measured = beside(tmp_path, "timeshare", 1, clock, args="spin correct=on slice=1ms")
    assert measured["drift_before_ns"] <= behind * MS + 10 * MS
    assert abs(measured["drift_after_ns"]) <= 20 * MS
    if clock == "virtual":
        assert measured["drift_before_ns"] > 400 * MS
