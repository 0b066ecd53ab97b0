# SPDX-License-Identifier: MIT
"""How much of a window of time was busy, beside the same counted tick by tick."""
import random
from types import SimpleNamespace

import pytest

from stintlib.errors import CannotRun
from stintlib.history import Lane
from stintlib.windows import Busy, Share, settled_shares


def lane_of(*changes, end):
    lane = Lane("a", 0, "idle")
    for time, what in changes:
        lane.change(time, what)
    return lane.finish(end)


LANE = lane_of((10, "run"), (20, "wait"), (25, "run"), (40, "idle"), (90, "run"), end=100)


def test_between():
    busy = Busy(LANE, "run")
    assert [busy.between(*when) for when in ((0, 100), (0, 10), (10, 11), (15, 30), (41, 90), (95, 200))] == [
        35, 0, 1, 10, 0, 5]
    assert Busy(LANE, "run", "wait").between(0, 100) == 40
    assert Busy(LANE, "nothing").between(0, 100) == 0


def test_extremes():
    assert Busy(LANE, "run").extremes(30, 0, 100) == (0, 25)
    assert Busy(LANE, "run").extremes(30, 0, 45) == (15, 25)
    assert Busy(LANE, "run").extremes(100, 0, 100) == (35, 35)


def test_extremes_are_those_of_all_windows():
    chance = random.Random(1)
    for _ in range(50):
        times = sorted(chance.sample(range(200), 8))
        lane = lane_of(*((time, chance.choice(["run", "idle"])) for time in times), end=200)
        busy, window = Busy(lane, "run"), chance.randrange(1, 120)
        states = [next(span.what for span in lane.spans if span.begin <= tick < span.end) for tick in range(200)]
        parts = [states[begin:begin + window].count("run") for begin in range(7, 190 - window)]
        assert busy.extremes(window, 7, 189) == (min(parts), max(parts))


SECOND = 10_000_000    # ticks


def history_of(*lanes, lost=0):
    return SimpleNamespace(vcpus=list(lanes), start=0, end=4 * SECOND, ns=100, lost=lost)


def running(*seconds):
    """Runs from the first of these to the second, and so on."""
    states = ["running", "runnable"] * len(seconds)
    return lane_of(*((time * SECOND, what) for time, what in zip(seconds, states)), end=4 * SECOND)


def test_share():
    share = Share(history_of(running(0, 1, 2, 4), running(1, 2)), 0)
    assert (share.mean(0, 4), share.mean(1, 3), share.most(1, 0, 4), share.most(2, 0, 3)) == (75, 50, 100, 50)


def test_settled_shares_are_those_after_the_first_second():
    assert settled_shares(history_of(running(0, 2), running(2, 4))) == pytest.approx([100 / 3, 200 / 3])


def test_no_share_of_what_was_lost():
    with pytest.raises(CannotRun, match="lost 3 events"):
        Share(history_of(running(0, 1), lost=3))
