# SPDX-License-Identifier: MIT
"""The guest `database`: what time-outs by a clock make of a VCPU that is taken away."""
import pytest

from harness import run_native, run_scenario, top, vm

MS = 1_000_000
LIMITS = "lock=10ms request=25ms"


def bank(folder, *others, args=LIMITS, start=top(pcpus=1, time="1s", quantum="30ms"), **keys):
    ran = run_scenario(folder, start + vm("bank", "database", args=args, **keys) + "".join(others))
    assert ran.measured("bank")["violations"] == 0
    return ran.measured("bank")


@pytest.mark.parametrize("clock", ["real", "virtual", "catchup"])
@pytest.mark.parametrize("vcpus", [1, 2])
def test_alone(tmp_path, clock, vcpus):
    """Nothing is given up; both clocks tell the same."""
    alone = bank(tmp_path, vcpus=vcpus, clock=clock)
    assert alone["transactions"] > 300 and alone["timeouts"] == alone["timeouts_false"] == 0
    assert 0.5 * MS < alone["p50_ns"] < 0.7 * MS < alone["p99_ns"] < 4 * MS
    for name in ("p50", "p99"):
        assert alone[f"{name}_host_ns"] == pytest.approx(alone[f"{name}_ns"], rel=0.07)


@pytest.mark.parametrize("vcpus", [1, 2])
def test_beside_a_hog(tmp_path, vcpus):
    """Every wake-up costs up to a quantum of 30 ms: longer than both limits. The work was never slow."""
    beside = bank(tmp_path, vm("hog", "hog"), vcpus=vcpus)
    assert beside["timeouts"] > 10
    assert beside["timeouts_false"] == beside["timeouts"]
    assert beside["p99_ns"] <= 25.1 * MS


def test_a_clock_that_stands_still(tmp_path):
    """The guest notices nothing; its clients do."""
    beside = bank(tmp_path, vm("hog", "hog"), clock="virtual")
    assert beside["timeouts"] == 0 and beside["transactions"] > 20
    assert beside["p50_ns"] < 0.7 * MS
    assert beside["p50_host_ns"] > 30 * MS


def test_limits_longer_than_the_hog(tmp_path):
    """The same guest with patience for some quanta gives nothing up, by the real clock either."""
    beside = bank(tmp_path, vm("hog", "hog"), args="lock=300ms request=400ms")
    assert beside["timeouts"] == 0 and beside["transactions"] > 30
    assert beside["p50_ns"] == pytest.approx(beside["p50_host_ns"], rel=0.07)
    assert beside["p50_ns"] > 15 * MS


def test_time_outs_that_are_true(tmp_path):
    """Alone, with work that is too long, time-outs are nobody's fault but its own."""
    slow = bank(tmp_path, args=f"{LIMITS} work=30ms clients=3")
    assert slow["timeouts"] > 10
    assert slow["timeouts_false"] == slow["transactions"] == 0


def test_true_ones_beside_a_hog(tmp_path):
    """Work of 80 ms is slow however little is stolen: a hog with short quanta makes none of these time-outs false."""
    slow = bank(tmp_path, vm("hog", "hog"), args="lock=2s request=40ms work=80ms clients=1",
                start=top(pcpus=1, time="2s", quantum="1ms"))
    assert slow["timeouts"] > 5 and slow["timeouts_false"] == slow["transactions"] == 0


@pytest.mark.parametrize("harts", [1, 2])
def test_without_a_hypervisor(harts):
    """Where nobody tells of steal no time-out is false, and the host's clock is the guest's."""
    native = run_native("database", "transactions=50", "clients=3", harts=harts)
    assert native["transactions"] + native["timeouts"] == 150
    assert native["timeouts_false"] == native["violations"] == 0
    assert native["p50_ns"] == pytest.approx(native["p50_host_ns"], rel=0.07)
    assert [task["state"] for task in native["tasks"]] == ["done"] * 3


@pytest.mark.parametrize("args, says", [
    ("clients=0", "from 1 to 32"), ("think=0ms", "think above 0"), ("work=1ns", "at least 1us"),
    ("lock=0ms", "at most 100s"), ("request=200s", "at most 100s"), ("transactions=0", "from 1 to")])
def test_refused(tmp_path, args, says):
    ran = run_scenario(tmp_path, top(pcpus=1, time="100ms") + vm("bank", "database", args=args), expect=None)
    assert says in ran.console.decode()
