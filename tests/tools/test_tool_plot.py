# SPDX-License-Identifier: MIT
"""The picture of a trace of the tests' own making: what stands in it, and that it is the same twice. And what the
formula of double scheduling predicts."""
import argparse
import builtins
import re

import pytest

from fabricate import events
from stintlib import main as command
from stintlib import plot
from stintlib.errors import CannotRun
from stintlib.experiments.double_scheduling import predicted
from stintlib.history import History
from stintlib.plot import Line, dots, lines_of, progress, spacing
from stintlib.trace import Ring, Trace, write_trace

RUNNABLE = 1
TURNS = events((1000, "run", 0), (1400, "leave", 0, RUNNABLE), (1400, "run", 1), (1600, "leave", 1, RUNNABLE),
               (1600, "run", 0))
TASKS = events((1000, "task_run", 0, 0), (1200, "task_run", 0, 1), (1700, "task_run", 0, 0), (1800, "task_exit", 0, 0),
               (1800, "task_run", 0, 1))


def trace_of(lost=(0, 0), vms=2):
    """VMs a, b, … on one pCPU; a's guest has two tasks, of which the first ends."""
    vms = [{"name": chr(ord("a") + n), "guest": "x", "first_vcpu": n, "vcpus": 1, "htimedelta": 0,
            "tasks": ["one", "two"]} for n in range(vms)]
    header = {"stint_trace": 1, "scenario": "some", "sched": "rr", "timebase_hz": 10_000_000, "pcpus": 1,
              "start": 1000, "end": 2000, "vms": vms}
    return Trace(header, [
        Ring({"of": "pcpu", "pcpu": 0, "events": len(TURNS) // 32, "lost": lost[0]}, TURNS),
        Ring({"of": "guest", "vm": 0, "vcpu": 0, "events": len(TASKS) // 32, "lost": lost[1]}, TASKS)])


def draw(tmp_path, *words, name="p.svg", **given):
    """The picture's bytes, by the command line."""
    write_trace(trace_of(**given), tmp_path / "t")
    assert command.main(["plot", str(tmp_path / "t"), "--out", str(tmp_path / name), *words]) == 0
    return (tmp_path / name).read_bytes()


class TestNumbers:
    def test_tasks_run_only_with_a_pcpu(self):
        history = History(trace_of())
        assert lines_of(history, "a", 1000, 2000) == [
            Line("one", [(1000, 1200), (1700, 1800)], [], 300, True),
            Line("two", [(1200, 1400), (1600, 1700), (1800, 2000)], [(1400, 1600)], 1000, False)]

    def test_vcpus(self):
        lines = lines_of(History(trace_of()), None, 1000, 2000)
        assert [line.name for line in lines] == ["a/0", "b/0"]
        assert [line.ran for line in lines] == [[(1000, 1400), (1600, 2000)], [(1400, 1600)]]

    def test_progress_of_what_it_needs(self):
        times, percent = progress(Line("x", [(100, 150), (200, 350)], [], 200, True), 120, 400)
        assert list(zip(times, percent)) == [(100, 0), (100, 0), (150, 25), (200, 25), (350, 100), (400, 100)]

    def test_progress_of_the_time_that_is_shown(self):
        times, percent = progress(Line("x", [(0, 60), (80, 200)], [], 100, False), 50, 150)
        assert list(zip(times, percent)) == [(50, 0), (50, 0), (60, 10), (80, 10), (150, 80), (150, 80)]
        assert list(zip(*progress(Line("x", [], [], 100, False), 50, 150))) == [(50, 0), (150, 0)]

    def test_dots_are_where_it_runs(self):
        assert dots([(100, 140), (155, 156), (171, 300)], 100, 200, 10) == [105, 115, 125, 135, 155, 175, 185, 195]
        assert dots([(0, 104)], 100, 200, 10) == []

    @pytest.mark.parametrize("ticks, step", [(200, 1), (201, 2), (1000, 5), (1001, 10), (4001, 50)])
    def test_distance_of_dots(self, ticks, step):
        assert spacing(None, History(trace_of()), 0, ticks) == step


class TestPicture:
    def test_twice_the_same_bytes(self, tmp_path):
        for name in ("p.svg", "p.png"):
            assert draw(tmp_path, "--vm", "a", name=name) == draw(tmp_path, "--vm", "a", name=name)

    def test_what_it_says(self, tmp_path):
        text = draw(tmp_path, "--vm", "a").decode()
        for words in ("time since the start of the run, ms", "progress, %", "some under rr: tasks of a", ">one<",
                      ">two<", "one: of the time it needs", "two: run time, of the time shown"):
            assert words in text
        assert "<dc:date>" not in text

    def test_a_dot_for_each_part_of_time(self, tmp_path):
        """1000 ticks, 0.1 ms: a dot each 5 ticks; `two` is believed to run for 200 of them."""
        shapes = re.findall(r'<use xlink:href="#(\w+)" x="\S+" y="(\S+)"', draw(tmp_path, "--vm", "a").decode())
        rows = [len([mark for mark in shapes if mark == shape])
                for shape in dict.fromkeys(shapes) if shapes.count(shape) > 15]
        assert sorted(rows) == [40, 60, 100]

    def test_png(self, tmp_path):
        assert draw(tmp_path, name="p.png").startswith(b"\x89PNG")

    def test_a_part(self, tmp_path):
        assert draw(tmp_path, "--from", "20us", "--to", "50us") != draw(tmp_path)


class TestErrors:
    def refused(self, capsys, tmp_path, *words, source=None, **given):
        write_trace(trace_of(**given), tmp_path / "t")
        assert command.main(["plot", str(source or tmp_path / "t"), "--out", str(tmp_path / "p.svg"), *words]) == 2
        return capsys.readouterr().err

    def test_ending(self, capsys, tmp_path):
        assert ".png or .svg" in self.refused(capsys, tmp_path, "--out", "p.jpg")

    def test_no_trace(self, capsys, tmp_path):
        assert "cannot be read" in self.refused(capsys, tmp_path, source=tmp_path / "not.trace")
        (tmp_path / "bad.trace").write_text("x")
        assert "not a trace of 'stint run --trace'" in self.refused(capsys, tmp_path, source=tmp_path / "bad.trace")

    def test_no_scenario(self, capsys, tmp_path):
        assert "scenario 'nobody' is not there" in self.refused(capsys, tmp_path, source="nobody")

    def test_lost_events(self, capsys, tmp_path):
        assert "first 7 events of pCPU 0 were lost" in self.refused(capsys, tmp_path, lost=(7, 0))
        assert "first 5 events of a/0 were lost" in self.refused(capsys, tmp_path, "--vm", "a", lost=(0, 5))
        draw(tmp_path, lost=(0, 5))    # tasks are not shown

    def test_vm(self, capsys, tmp_path):
        assert "no VM 'c' in this trace, but a, b" in self.refused(capsys, tmp_path, "--vm", "c")
        assert "VM 'b' has no tasks" in self.refused(capsys, tmp_path, "--vm", "b")

    def test_too_many(self, capsys, tmp_path):
        assert "66 VCPUs are too many for a picture" in self.refused(capsys, tmp_path, vms=66)

    @pytest.mark.parametrize("every", ["1", "0ms", "50ns", "x"])
    def test_distance(self, capsys, tmp_path, every):
        assert f"--every {every}: a time" in self.refused(capsys, tmp_path, "--every", every)

    def test_keys_for_a_run_that_is_over(self, capsys, tmp_path):
        assert "--sched is for scenarios" in self.refused(capsys, tmp_path, "--sched", "credit")
        assert "--set is for scenarios" in self.refused(capsys, tmp_path, "--set", "quantum=5ms")

    def test_nowhere_to_write(self, capsys, tmp_path):
        assert "cannot be written" in self.refused(capsys, tmp_path, "--out", str(tmp_path / "no" / "p.svg"))

    def test_without_matplotlib(self, monkeypatch):
        def without(name, *rest, real=builtins.__import__):
            if name.startswith("matplotlib"):
                raise ModuleNotFoundError(name)
            return real(name, *rest)

        monkeypatch.setattr(builtins, "__import__", without)
        with pytest.raises(CannotRun, match="make setup.*python3-matplotlib"):
            plot.main(argparse.Namespace(out="p.svg"))


@pytest.mark.parametrize("slices, expected", [
    ((10, 30, 30), {(10, 10): 4000, (40, 10): 2000}), ((10, 25, 25), {(10, 10): 4000, (30, 5): 2000}),
    ((24, 10, 10), {(24, 14): 4000, (32, 12): 2000}),
    ((30, 10, 10), {(40, 20): 6000}),             # nobody is late: every slice is cut
    ((30, 10.01, 10.01), {(30, 20): 3000, (30, 10): 3000}),
    ((10, 30, 0), {(10, 10): 6000}), ((5, 30, 60), {(5, 5): 5000, (65, 5): 1000}),
])
def test_prediction_of_double_scheduling(slices, expected):
    assert predicted(*slices, slices=6000) == expected
