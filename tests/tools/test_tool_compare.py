# SPDX-License-Identifier: MIT
"""`stint compare` without running anything: waits, rows and the table, from runs of the tests' own making."""
import json
from types import SimpleNamespace

import pytest

from fabricate import events
from stintlib import compare
from stintlib.errors import NO, OK, CannotRun
from stintlib.history import History
from stintlib.trace import Ring, Trace
from stintlib.waits import mean, percentile, vm_waits

RUNNABLE, PARKED, BLOCKED = 1, 2, 3

# Of two VCPUs on a pCPU: the first waits for 100 ticks, then for 300, then blocks; the second for 500, runs for 10, is
# parked, and waits for what is left.
TURNS = events(
    (1000, "vcpu", 0, 1), (1000, "wake", 0, 2, 0), (1000, "vcpu", 1, 1), (1000, "wake", 1, 2, 0),
    (1100, "run", 0, 0, 500), (1200, "leave", 0, RUNNABLE), (1500, "run", 0, 0, 500), (1500, "leave", 0, BLOCKED),
    (1500, "run", 1, 0, 500), (1510, "leave", 1, PARKED), (1600, "wake", 1, 2, 0))


def history(pcpu_events=TURNS, end=2000):
    vms = [{"name": name, "guest": "hog", "first_vcpu": n, "vcpus": 1, "htimedelta": 0, "tasks": []}
           for n, name in enumerate("ab")]
    header = {"scenario": "x", "sched": "rr", "timebase_hz": 10_000_000, "pcpus": 1, "start": 1000, "end": end,
              "vms": vms}
    return History(Trace(header, [
        Ring({"of": "pcpu", "pcpu": 0, "events": len(pcpu_events) // 32, "lost": 0}, pcpu_events)]))


def test_waits():
    """A tick is 100 ns. Being parked is waiting, and one wait with the waiting around it; one that the end cuts
    counts."""
    assert vm_waits(history(), 0) == [10_000, 30_000]
    assert vm_waits(history(), 1) == [50_000, 49_000]
    assert vm_waits(history(events()), 0) == []


def test_a_wait_that_becomes_parking_is_one_wait():
    parked = events((1000, "wake", 0, 2, 0), (1200, "leave", 0, PARKED), (1500, "run", 0, 0, 500))
    assert vm_waits(history(parked), 0) == [50_000]


@pytest.mark.parametrize("values, percent, expected", [
    ([], 99, 0), ([7], 99, 7), ([7], 1, 7), (range(1, 101), 99, 99), (range(1, 101), 50, 50), (range(1, 201), 99, 198),
    ([3, 1, 2], 100, 3), ([3, 1, 2], 0, 1),
])
def test_percentile(values, percent, expected):
    assert percentile(values, percent) == expected


def test_mean():
    assert mean([]) == 0 and mean([1, 2]) == 1.5


def vcpu(run, steal, switches, migrations):
    return {"run_ns": run, "steal_ns": steal, "switches": switches, "migrations": migrations}


def fake_run(refusal=None, state="running", lost=0, measured=()):
    """What the lab would hand out."""
    vms = [{"name": "a", "state": state, "vcpus": [vcpu(300, 100, 5, 2)], "report": dict(measured)},
           {"name": "b", "state": "running", "vcpus": [vcpu(100, 500, 7, 1)], "report": {}}]
    return SimpleNamespace(refusal=refusal, ended={"elapsed_ns": 1000, "vms": vms}, history=history(),
                           trace=SimpleNamespace(lost=lost))


def test_a_row():
    row = compare.describe("rr", fake_run(measured={"missed": 4, "p99_ns": 77}))
    assert json.loads(json.dumps(row)) == {
        "sched": "rr", "refused": None, "crashed": [], "lost_events": 0, "elapsed_ns": 1000, "run_ns": 400,
        "steal_ns": 600, "steal_pct": 60.0, "worst_wait_ns": 50_000, "mean_wait_ns": 34_750, "p99_wait_ns": 50_000,
        "migrations": 3, "switches": 12, "missed": 4, "p99_ns": 77, "vms": [
            {"name": "a", "share_pct": 75.0, "run_ns": 300, "steal_ns": 100, "steal_pct": 25.0, "worst_wait_ns": 30_000,
             "mean_wait_ns": 20_000, "p99_wait_ns": 30_000, "migrations": 2, "switches": 5, "missed": 4, "p99_ns": 77},
            {"name": "b", "share_pct": 25.0, "run_ns": 100, "steal_ns": 500, "steal_pct": 83.333,
             "worst_wait_ns": 50_000, "mean_wait_ns": 49_500, "p99_wait_ns": 50_000, "migrations": 1, "switches": 7,
             "missed": None, "p99_ns": None}]}


class TestCommand:
    """The command with schedulers x, y, z; runs: what the lab hands out for each."""

    @pytest.fixture
    def compared(self, monkeypatch, tmp_path):
        class FakeLab:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                pass

            def run(self, _, sets, options):
                self.begun.append((sets["sched"], options))
                return self.runs[sets["sched"]]

        def start(runs, scheds=None, **keys):
            FakeLab.runs, FakeLab.begun = runs, []
            options = SimpleNamespace(scenario="thief", scheds=scheds, sim=False, json=str(tmp_path / "json"),
                                      time=keys.get("time"), pcpus=keys.get("pcpus"), set=keys.get("set", []))
            return compare.main(options), FakeLab.begun

        monkeypatch.setattr(compare, "Lab", FakeLab)
        monkeypatch.setattr(compare, "scheduler_names", lambda: ["x", "y", "z"])
        return start

    def test_all_of_them_in_their_order(self, compared, capsys, tmp_path):
        code, begun = compared({name: fake_run() for name in "xyz"})
        assert code == OK and begun == [("x", ()), ("y", ()), ("z", ())]
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].split("  ")[0] == "thief" and [line[0] for line in lines[1:4]] == ["x", "y", "z"]
        assert lines[1].split() == ["x", "75.0%", "25.0%", "60.0%", "0.1", "ms", "0.0", "ms", "0.1", "ms", "3", "12"]
        rows = json.loads((tmp_path / "json").read_text("utf-8"))
        assert rows["scenario"] == "thief" and [row["sched"] for row in rows["schedulers"]] == ["x", "y", "z"]

    def test_those_that_are_named_and_what_they_are_told(self, compared):
        words = {"time": "1s", "pcpus": "2", "set": ["quantum=1ms"]}
        _, begun = compared({name: fake_run() for name in "xyz"}, "z,x,z", **words)
        told = ("--for", "1s", "--pcpus", "2", "--set", "quantum=1ms")
        assert begun == [("z", told), ("x", told)]

    def test_one_refuses(self, compared, capsys):
        code, _ = compared({"x": fake_run(), "y": fake_run(refusal="thief.conf:9: 120 % of pCPU 0"), "z": fake_run()})
        lines = capsys.readouterr().out.splitlines()
        assert code == OK and lines[2].split()[:3] == ["y", "refused", "refused"]
        assert "y refuses it: thief.conf:9: 120 % of pCPU 0" in lines

    def test_all_refuse(self, compared):
        with pytest.raises(CannotRun, match="line 3"):
            compared({name: fake_run(refusal="line 3") for name in "xyz"})

    def test_an_unknown_scheduler(self, compared):
        with pytest.raises(CannotRun, match="'lottery' is not there, but x, y, z"):
            compared({}, "x,lottery")

    def test_a_crash_and_lost_events_are_said(self, compared, capsys):
        code, _ = compared({"x": fake_run(state="crashed", lost=9)}, "x")
        said = capsys.readouterr().out
        assert code == NO and "under x, VM a crashed" in said and "9 events were lost" in said

    def test_columns_only_where_a_guest_reports(self, compared, capsys):
        compared({name: fake_run(measured={"missed": 4} if name == "y" else {}) for name in "xyz"})
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].endswith("missed") and "latency" not in lines[0]
        assert [line.split()[-1] for line in lines[1:4]] == ["-", "4", "-"]
