# SPDX-License-Identifier: MIT
"""What guests say of themselves, beside what the hypervisor counts."""
import pytest

from harness import run_scenario, top, vm

MS = 1_000_000


def test_io_alone_is_never_late(tmp_path):
    """A request is begun at once, and takes the work it needs."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="300ms") + vm("io", "io", args="period=5ms work=200us"))
    io = ran.measured("io")
    assert 57 <= io["transactions"] <= 60
    assert 0 < io["late_p50_ns"] <= io["late_p99_ns"] <= io["late_max_ns"] < 30_000
    assert 200_000 < io["p50_ns"] <= io["p99_ns"] <= io["max_ns"] < 300_000


def test_io_waits_for_its_turn(tmp_path):
    """Beside two hogs that have quanta of 4 ms it begins up to 8 ms late, and is done later by what the work
    takes."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="600ms", quantum="4ms") +
                       vm("io", "io", args="period=11ms work=200us") + vm("a", "hog") + vm("b", "hog"))
    io = ran.measured("io")
    assert 7 * MS < io["late_max_ns"] < 8.1 * MS
    assert io["late_p50_ns"] < io["late_p99_ns"] <= io["late_max_ns"]
    assert 200_000 < io["max_ns"] - io["late_max_ns"] < 300_000
    vcpu, = ran.vm("io")["vcpus"]
    assert vcpu["steal_ns"] <= io["late_max_ns"] * (io["transactions"] + 2)


@pytest.mark.parametrize("how, blocked", [("sleep", 0.0475), ("yield", 0)])
def test_dodger_is_away_across_the_tick(tmp_path, how, blocked):
    """The pCPU is not its own between 9.75 ms and 10.25 ms of every 10 ms, all the rest of the time it is. The hog is
    given what is left, which under `yield` needs somebody to leave it to. Of the 500 us that it sleeps its kernel takes
    some 25, to put it to sleep and to wake it."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="500ms", quantum="400us" if how == "yield" else "10ms") +
                       vm("dodger", "dodger", args=f"how={how}") +
                       (vm("hog", "hog", start="5ms") if how == "yield" else ""))
    vcpu, = ran.vm("dodger")["vcpus"]
    assert vcpu["blocked_ns"] / ran.report["elapsed_ns"] == pytest.approx(blocked, rel=0.05)
    there = [span for span in ran.spans(0) if span.vcpu == 0]
    ticks = [tick for tick in range(10 * MS, 500 * MS, 10 * MS)]
    caught = [tick for tick in ticks if any(span.begin <= tick < span.end for span in there)]
    assert caught == []


def test_dodger_knows_what_it_ran(tmp_path):
    """By its work it tells what the hypervisor counts."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="1s", quantum="1ms") + vm("dodger", "dodger") + vm("hog", "hog"))
    dodger, (vcpu,) = ran.measured("dodger"), ran.vm("dodger")["vcpus"]
    assert dodger["run_ns"] == pytest.approx(vcpu["run_ns"], rel=0.03)
    assert dodger["run_pct"] == pytest.approx(100 * vcpu["run_ns"] / ran.report["elapsed_ns"], abs=1.5)
    assert dodger["dodged"] + dodger["met"] > 10


@pytest.mark.parametrize("args, says", [
    ("away=20ms", "less than a period"), ("period=1us", "100us apart"), ("how=hide", "sleep or yield")])
def test_dodger_refuses(tmp_path, args, says):
    ran = run_scenario(tmp_path, top(pcpus=1, time="100ms") + vm("dodger", "dodger", args=args), expect=None)
    assert says in ran.console.decode()


def test_smp_counts_its_lock(tmp_path):
    """A lock that is held for a fifth of the time by each of four that take turns on one pCPU: every quantum that ends
    inside makes the others spin through theirs."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="600ms", quantum="5ms") +
                       vm("crowd", "smp", vcpus=4, args="inside=40us outside=60us"))
    crowd = ran.measured("crowd")
    assert crowd["violations"] == 0
    assert crowd["acquires"] == sum(task["acquires"] for task in crowd["tasks"]) > 1000
    assert crowd["spin_ns"] == sum(task["spin_ns"] for task in crowd["tasks"]) > 100 * MS
    assert crowd["spins"] > crowd["acquires"]


def test_a_long_critical_section(tmp_path):
    """inside and outside are times on a CPU of one's own."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="500ms") + vm("crowd", "smp", args="inside=5ms outside=15ms"))
    crowd = ran.measured("crowd")
    assert 23 <= crowd["acquires"] <= 25
    assert crowd["spins"] == crowd["spin_ns"] == 0


@pytest.mark.parametrize("guest, vcpus, args, ms", [
    ("timeshare", 1, "work:95ms correct=on", 110), ("smp", 2, "rounds=200 move=on balloon=on look=1s", 200)])
def test_helpers_do_not_hold_a_guest_up(tmp_path, guest, vcpus, args, ms):
    """It ends with its last task, not when those that helped it are due again, after 20 ms and after a second."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="5s") + vm("a", guest, vcpus=vcpus, args=args))
    assert ran.vm("a")["why"] == "the guest shut down"
    assert ran.report["elapsed_ns"] < ms * MS
