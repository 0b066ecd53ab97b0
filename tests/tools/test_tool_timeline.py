# SPDX-License-Identifier: MIT
import argparse
import random

import pytest

from fabricate import events
from stintlib import timeline
from stintlib.clock import GuestClock
from stintlib.errors import CannotRun
from stintlib.history import UNKNOWN, History
from stintlib.picture import draw, paint
from stintlib.trace import Ring, Trace, write_trace

RUNNABLE, BLOCKED = 1, 3
DELTA = (1 << 64) - 1000    # guest time = host time - 1000


def trace_of(pcpu_events, guest_events=b"", lost=0, end=2000):
    """One pCPU, VMs a and b of one VCPU each; the guest's events are a's. Host time begins at 1000."""
    vms = [{"name": name, "guest": "timeshare", "first_vcpu": n, "vcpus": 1, "htimedelta": DELTA,
            "tasks": ["spin", "rest"]} for n, name in enumerate("ab")]
    header = {"scenario": "x", "sched": "rr", "timebase_hz": 10_000_000, "pcpus": 1, "start": 1000, "end": end,
              "vms": vms}
    return Trace(header, [
        Ring({"of": "pcpu", "pcpu": 0, "events": len(pcpu_events) // 32, "lost": lost}, pcpu_events),
        Ring({"of": "guest", "vm": 0, "vcpu": 0, "events": len(guest_events) // 32, "lost": 0}, guest_events)])


TURNS = events(
    (1000, "vcpu", 0, 1), (1000, "wake", 0, 2, 0), (1000, "vcpu", 1, 1), (1000, "wake", 1, 2, 0),
    (1000, "run", 0, 0, 500), (1400, "exit", 0, 0, 0x80200000, 9), (1500, "leave", 0, RUNNABLE),
    (1500, "run", 1, 0, 500), (1800, "leave", 1, BLOCKED), (1800, "run", 0, 0, 500))
TASKS = events((0, "task_run", 0, 0), (200, "task_run", 0, 1), (900, "task_sleep", 0, 1, 5000), (900, "task_run", 0, 0))


def test_who_had_what():
    history = History(trace_of(TURNS, TASKS))
    assert history.pcpus[0].spans == [(1000, 1500, 0), (1500, 1800, 1), (1800, 2000, 0)]
    assert history.vcpus[0].spans == [(1000, 1500, "running"), (1500, 1800, "runnable"), (1800, 2000, "running")]
    assert history.vcpus[1].spans == [(1000, 1500, "runnable"), (1500, 1800, "running"), (1800, 2000, "blocked")]
    spin, rest = history.tasks[0]
    assert spin.spans == [(1000, 1200, ("run", 0)), (1200, 1900, "ready"), (1900, 2000, ("run", 0))]
    assert rest.spans == [(1000, 1200, None), (1200, 1900, ("run", 0)), (1900, 2000, "sleep")]


def test_parked_until_it_may_run_again():
    """Also one that wakes and may not run: it is parked before it is said to wake."""
    history = History(trace_of(events(
        (1000, "run", 0, 0, 500), (1200, "leave", 0, RUNNABLE), (1200, "park", 0, 1), (1500, "park", 0, 0),
        (1600, "run", 0, 0, 500), (1700, "leave", 0, BLOCKED), (1800, "park", 0, 1), (1800, "wake", 0, 0, 0))))
    assert history.vcpus[0].spans == [
        (1000, 1200, "running"), (1200, 1500, "parked"), (1500, 1600, "runnable"), (1600, 1700, "running"),
        (1700, 1800, "blocked"), (1800, 2000, "parked")]


def test_where_a_vcpu_was_placed_first():
    history = History(trace_of(events((1000, "vcpu", 0, 1, 3), (1100, "vcpu", 0, 0), (1200, "vcpu", 0, 1, 2),
                                      (1300, "vcpu", 7, 1, 9))))
    assert history.placed == {0: 3}


def test_map():
    history = History(trace_of(TURNS, TASKS))
    lines = draw(history, 1000, 2000, 10, lambda number: True)[-6:]
    assert [line.split("  ")[-1].strip() for line in lines[:1]] == ["|0 ms"]
    assert lines[1].endswith("  aaaaabbbaa") and lines[2].endswith("  #####---##")
    assert lines[3].endswith("  ##+++++++#") and lines[4].endswith("    ###---#.")
    assert lines[5].endswith("  -----###..")


def test_orders_of_the_operator():
    trace = trace_of(events(
        (1200, "sched", 0xFFFF, 1, 0, 1), (1300, "sched", 0xFFFF, 0, 0, 0), (1400, "sched", 0xFFFF, 7),
        (1500, "sched_set", 0xFFFF, 1, 1, 3), (1600, "sched_set", 0xFFFF, 0, 1, 3)))
    trace.header.update(scheds=["rr", "credit"], commands=["sched credit,rr", "sched-set a cap=3"])
    history = History(trace)
    assert [line.split("  ")[-1] for line in timeline.tell(history, 1300, 1700, lambda number: True, False)][1:] == [
        "a/0 is offline", "b/0 is offline", "operator: sched rr is refused",
        "operator: sched 7 is refused", "operator: sched-set a cap=3", "operator: sched-set a cap=3 is refused"]
    assert history.orders[0] == (1200, "the scheduler is credit from now on")


def test_unknown_before_the_first_event_of_a_wrapped_ring():
    history = History(trace_of(events((1500, "run", 0, 0)), lost=3))
    assert history.vcpus[0].spans == [(1000, 1500, UNKNOWN), (1500, 2000, "running")]


def test_row_shows_what_filled_most_of_each_column():
    assert paint([(0, 60, "a"), (60, 100, "b")], 0, 100, 1) == "a"
    assert paint([(0, 49, "a"), (49, 100, "b")], 0, 100, 2) == "ab"
    assert paint([(90, 100, "a")], 0, 100, 10) == "........." + "a"
    assert paint([(0, 10, "a")], 0, 3, 9) == "a" * 9
    assert paint([], 0, 100, 5, " ") == "     "


def test_row_is_right_for_random_spans():
    rand = random.Random(4)
    for _ in range(200):
        width, length = rand.randrange(1, 40), rand.randrange(1, 60)
        cuts = sorted({0, length, *(rand.randrange(length + 1) for _ in range(rand.randrange(6)))})
        pieces = [(a, b, rand.choice("xyz")) for a, b in zip(cuts, cuts[1:])]
        row = paint(pieces, 0, length, width)
        for column, sign in enumerate(row):
            share = {}
            for a, b, what in pieces:
                common = min(b * width, (column + 1) * length) - max(a * width, column * length)
                share[what] = share.get(what, 0) + max(common, 0)
            assert share[sign] == max(share.values())


def test_guest_time_on_the_hosts_axis():
    clock = GuestClock([(1000, DELTA), (5000, DELTA - 2000)], final=0)    # stood still from 3000 to 5000
    assert [clock.to_host(guest) for guest in (0, 1500, 1999, 2000, 2500)] == [1000, 2500, 2999, 5000, 5500]
    assert GuestClock([], final=DELTA).to_host(500) == 1500
    assert GuestClock([(1000, DELTA)], final=0).to_host(-5) == 995


def test_hostile_events_only_look_wrong():
    rand = random.Random(2)
    names = ["run", "leave", "wake", "vcpu", "delta", "exit", "task_run", "task_sleep", "task_exit", "task_ready"]
    numbers = (0, 1, 2, 3, 63, 64, 999, 0xFFFF)
    times = (0, 999, 1000, 1500, 2000, 2001, (1 << 64) - 1)
    for _ in range(200):
        made = [events(*([rand.choice(kind) for kind in (times, names, numbers, numbers, times, times)]
                         for _ in range(30))) for _ in range(2)]
        history = History(trace_of(*made))
        draw(history, 1000, 2000, 20, lambda number: True)
        list(timeline.tell(history, 1000, 2000, lambda number: True, True))
        for lane in history.pcpus + history.vcpus + history.tasks[0]:
            assert sum(span.end - span.begin for span in lane.spans) == 1000


def options(path, **given):
    return argparse.Namespace(**{**dict(trace=path, begin="0s", end=None, width=20, vm=None, map=False, lines=False,
                                        exits=False), **given})


@pytest.fixture
def saved(tmp_path):
    trace = trace_of(TURNS, TASKS)
    trace.header = {"stint_trace": 1, **trace.header}
    write_trace(trace, tmp_path / "t")
    return tmp_path / "t"


def test_command(saved, capsys):
    timeline.main(options(saved, exits=True))
    text = capsys.readouterr().out
    assert "pCPU 0: b/0 runs" in text and "a/0: rest runs, with a pCPU for 0.0400 ms of it" in text
    assert "a/0 exits at 0x80200000: ecall" in text and "a/0 is runnable" in text


def test_command_shows_one_vm_and_a_part(saved, capsys):
    timeline.main(options(saved, vm="b", begin="10us", end="60us", lines=True))
    text = capsys.readouterr().out
    assert "b/0 runs" in text and "a/0" not in text and "spin" not in text and "blocked" not in text


@pytest.mark.parametrize("given, message", [({"begin": "1"}, "--from 1"), ({"end": "x"}, "--to x"),
                                            ({"vm": "c"}, "a, b"),
                                            ({"begin": "1s"}, "nothing lies between"), ({"width": 1}, "--width 1")])
def test_command_says_what_is_wrong(saved, given, message):
    with pytest.raises(CannotRun, match=message):
        timeline.main(options(saved, **given))
