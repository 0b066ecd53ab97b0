# SPDX-License-Identifier: MIT
"""The locks of the guest `smp`, and its balloon."""
import pytest

from harness import run_native, run_scenario, top, vm

ONE = top(pcpus=1, time="1s", quantum="5ms")
MS = 1_000_000

A_MS_OF_SPINS = 1_000_000 // 80    # attempts, of 80 ns; spin_ns counts the time, too, in which an asker was itself away


def crowd(folder, lock, args="inside=40us outside=60us", start=ONE, vcpus=4):
    return run_scenario(folder, start + vm("crowd", "smp", vcpus=vcpus, args=f"{args} lock={lock}"))


@pytest.mark.parametrize("lock", ["plain", "ticket", "pv"])
def test_nobody_else_is_inside(tmp_path, lock):
    """On four pCPUs beside a hog: everybody goes on, and is alone inside."""
    ran = crowd(tmp_path, lock, "inside=40us outside=60us rounds=300", top(pcpus=4, time="20s", quantum="3ms"))
    measured = ran.measured("crowd")
    assert ran.vm("crowd")["state"] == "stopped"
    assert measured["violations"] == 0
    assert [(task["state"], task["acquires"]) for task in measured["tasks"]] == [("done", 300)] * 4


@pytest.mark.parametrize("lock", ["plain", "ticket", "pv"])
def test_without_a_hypervisor(lock):
    """There nobody tells of steal, and the pv lock still kicks those who sleep."""
    measured = run_native("smp", "rounds=200", "patience=3", f"lock={lock}", harts=4)
    assert measured["violations"] == 0
    assert [task["acquires"] for task in measured["tasks"]] == [200] * 4


def test_one_pcpu(tmp_path):
    """A ticket lock serves one a slice once all have asked; a pv lock wastes nothing, not even with no patience. The
    system calls of a round and what the kernel accounts at each take 2 % of it, the hypervisor 1.5 %."""
    plain, ticket, pv = (crowd(tmp_path / lock, lock).measured("crowd") for lock in ("plain", "ticket", "pv"))
    rash = crowd(tmp_path / "rash", "pv patience=0").measured("crowd")
    assert ticket["acquires"] < plain["acquires"] / 3 < pv["acquires"] / 3
    assert pv["acquires"] == pytest.approx(10_000, rel=0.05)
    assert rash["acquires"] == pytest.approx(10_000, rel=0.05)
    assert pv["spins"] < A_MS_OF_SPINS < 100 * A_MS_OF_SPINS < plain["spins"]


def test_preempted_is_what_spares_the_spinning(tmp_path):
    """With endless patience only the record of who is preempted lets a pv lock sleep."""
    patient = crowd(tmp_path, "pv patience=4294967295")
    measured = patient.measured("crowd")
    assert measured["spins"] < A_MS_OF_SPINS
    assert sum(vcpu["exits"]["wfi"] for vcpu in patient.vm("crowd")["vcpus"]) > 50


def test_a_holder_that_runs_is_waited_for(tmp_path):
    """Four pCPUs and long sections: patience decides between spinning and sleeping."""
    start = top(pcpus=2, time="500ms")
    spins, sleeps = (crowd(tmp_path / str(patience), f"pv patience={patience}", "inside=2ms outside=2ms ips=31250000",
                           start, 2) for patience in (4294967295, 0))
    assert sum(vcpu["blocked_ns"] for vcpu in spins.vm("crowd")["vcpus"]) == 0
    assert spins.measured("crowd")["spin_ns"] > 20 * MS
    assert sum(vcpu["blocked_ns"] for vcpu in sleeps.vm("crowd")["vcpus"]) > 20 * MS
    assert sleeps.measured("crowd")["spin_ns"] < 1 * MS


@pytest.mark.parametrize("args, says", [
    ("lock=none", "plain, ticket or pv"), ("balloon=on", "move=on with balloon=on"),
    ("move=on lock=pv", "another lock with move=on"), ("look=1us move=on", "at least 1ms")])
def test_refused(tmp_path, args, says):
    ran = run_scenario(tmp_path, top(pcpus=1, time="100ms") + vm("crowd", "smp", args=args), expect=None)
    assert says in ran.console.decode()


# ---- The balloon ----

def balloon(folder, start, vcpus, *others, args="", **keys):
    return run_scenario(folder, start + vm("crowd", "smp", vcpus=vcpus, args=f"move=on balloon=on {args}", **keys) +
                        "".join(others))


def test_balloon_keeps_what_there_is(tmp_path):
    """Four VCPUs, each on a pCPU of its own: nothing is stolen and none is stopped."""
    ran = balloon(tmp_path, top(pcpus=4, time="600ms"), 4, args="look=50ms ips=15625000")
    measured = ran.measured("crowd")
    assert (measured["online"], measured["least"], measured["stops"]) == (4, 4, 0)
    assert measured["usable_pct"] == pytest.approx(400, abs=8)


def test_balloon_gives_back(tmp_path):
    """Half a pCPU for three VCPUs: two of them stop, and the work goes on."""
    ran = balloon(tmp_path, top(pcpus=1, time="1s", quantum="5ms"), 3, vm("thief", "hog"), args="look=50ms")
    measured, vcpus = ran.measured("crowd"), ran.vm("crowd")["vcpus"]
    assert (measured["online"], measured["stops"], measured["starts"]) == (1, 2, 0)
    assert 45 <= measured["usable_pct"] <= 55
    # At the second look. Each is due after 50 ms, and may wait for its VCPU's turn (15 ms), for a slice of each of
    # three tasks (10 ms, which on a quarter of a pCPU are 40), and for a VCPU that is away with the guest's own lock
    # (20 ms). Who stops may wait for a slice, too.
    latest = 2 * (50 + 15 + 3 * 40 + 20) + 40
    assert all(vcpu["offline_ns"] > (1000 - latest) * MS for vcpu in vcpus[1:])
    assert all(task["acquires"] > 500 for task in measured["tasks"][1:])
    assert measured["violations"] == 0


def test_balloon_takes_again(tmp_path):
    """Two thirds of a pCPU until half a second, then two pCPUs."""
    hogs = vm("hogs", "hog", vcpus=4, affinity="0;1;0;1")
    ran = balloon(tmp_path, top(pcpus=2, time="1s", quantum="5ms") + "at 500ms: pause hogs\n", 2, hogs,
                  args="look=50ms ips=31250000", affinity="0;1")
    measured = ran.measured("crowd")
    assert (measured["least"], measured["online"]) == (1, 2)
    assert measured["starts"] == measured["stops"] > 0


def test_balloon_without_a_hypervisor():
    measured = run_native("smp", "rounds=100", "move=on", "balloon=on", "look=20ms", harts=4)
    assert (measured["online"], measured["stops"]) == (4, 0)
    assert [task["acquires"] for task in measured["tasks"][1:]] == [100] * 4
