# SPDX-License-Identifier: MIT
"""How much of any window of time something took."""
from bisect import bisect_right
from itertools import accumulate

from stintlib.errors import CannotRun


class Busy:
    """The times of a lane (stintlib.history) at which it was in one of the states `what`."""

    def __init__(self, lane, *what):
        spans = [span for span in lane.spans if span.what in what]
        self.begins, self.ends = [span.begin for span in spans], [span.end for span in spans]
        self.sums = [0, *accumulate(end - begin for begin, end in zip(self.begins, self.ends))]

    def until(self, time):
        """How much there was of it before that time."""
        number = bisect_right(self.begins, time)
        return self.sums[number] - (max(self.ends[number - 1] - time, 0) if number else 0)

    def between(self, begin, end):
        return self.until(end) - self.until(begin)

    def extremes(self, window, begin, end):
        """The least and the most that a window of that length has, of all that lie between `begin` and `end`. They
        begin or end where the state changes, or at the borders."""
        edges = [begin, end - window] + [edge for time in self.begins + self.ends for edge in (time, time - window)]
        parts = [self.between(edge, edge + window) for edge in edges if begin <= edge <= end - window]
        return min(parts), max(parts)


class Share:
    """What a VCPU (its number among all) had of a pCPU in a run, in percent, by its trace. Times are seconds since the
    start."""

    def __init__(self, history, vcpu=0):
        if history.lost:
            raise CannotRun(f"the trace has lost {history.lost} events: nobody knows what was in them")
        self.busy, self.start = Busy(history.vcpus[vcpu], "running"), history.start
        self.second = 1_000_000_000 // history.ns    # ticks

    def mean(self, begin, end):
        return 100 * self.busy.between(self._ticks(begin), self._ticks(end)) / (end - begin) / self.second

    def most(self, window, begin, end):
        """In the window of that length that has most."""
        ticks = int(window * self.second)
        return 100 * self.busy.extremes(ticks, self._ticks(begin), self._ticks(end))[1] / ticks

    def _ticks(self, seconds):
        return self.start + seconds * self.second


def settled_shares(history):
    """Of all that VCPUs ran after the first second, what each of them did, in percent. They start one after the other,
    and a scheduler that keeps accounts needs some time until all have one."""
    end = (history.end - history.start) * history.ns // 1_000_000_000
    ran = [Share(history, vcpu).mean(1, end) for vcpu in range(len(history.vcpus))]
    return [100 * part / sum(ran) for part in ran]
