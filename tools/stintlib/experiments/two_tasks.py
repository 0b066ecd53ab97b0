# SPDX-License-Identifier: MIT
"""Two tasks of 100 ms of work on one CPU, alone and beside a spinner: progress and gaps."""
from stintlib.experiments import Row, relative
from stintlib.plot import lines_of

NAME = "two-tasks"
ABOUT = "Two tasks of 100 ms take turns: done after 200 ms alone, after 380 beside a spinner with longer gaps."

WORK, SLICE, QUANTUM = 100, 10, 30    # ms
LOOK = 200    # ms after the first task's begin
# Beside the spinner the VCPU is away for a quantum after each of its own: 200 ms of run time are six whole quanta and
# 20 ms more. Of the first 200 ms it has those quanta that begin at 0, 60 and 120, and 20 ms of the fourth.
AWAY = {"two-tasks": 0, "two-tasks-spinner": 2 * WORK // QUANTUM * QUANTUM}
SEEN = {"two-tasks": 100, "two-tasks-spinner": 100 * (3 * QUANTUM + LOOK - 6 * QUANTUM) / (2 * WORK)}
GAP = {"two-tasks": SLICE, "two-tasks-spinner": SLICE + QUANTUM}


class Pair:
    """What the two tasks did."""

    def __init__(self, history):
        self.lines = lines_of(history, "pair", history.start, history.end)
        self.begin = min(line.ran[0][0] for line in self.lines)
        self.ms = history.ns / 1e6

    @property
    def done(self):
        """From the first one's begin to the other's end, ms."""
        return (max(line.ran[-1][1] for line in self.lines) - self.begin) * self.ms

    def progress(self, ms):
        """Percent of the work of both that is done so many ms after the begin."""
        time = self.begin + ms / self.ms
        had = sum(max(min(until, time) - since, 0) for line in self.lines for since, until in line.ran)
        return 100 * had / sum(line.whole for line in self.lines)

    @property
    def gap(self):
        """The longest time for which a task that wanted to run did not, once it had begun, ms."""
        return self.ms * max(after[0] - before[1] for line in self.lines
                             for before, after in zip(line.ran, line.ran[1:]))

    @property
    def booked(self):
        """What the guest believes to have given both, ms."""
        return sum(until - since for line in self.lines for since, until in line.ran + line.believed) * self.ms

    @property
    def had(self):
        """What both really had, ms."""
        return sum(line.whole for line in self.lines) * self.ms


def run(lab):
    runs = {name: lab.run(name) for name in AWAY}
    return [row for name, done in runs.items() for row in rows_of(name, Pair(done.history))]


def rows_of(name, pair):
    short, how = ("alone", "alone") if name == "two-tasks" else ("spinner", "beside a spinner")
    return [Row(f"{short}: done", f"both are done, {how}, after", "ms", 2 * WORK + AWAY[name], pair.done, relative(1)),
            Row(f"{short}: half-time", f"of the work is done after {LOOK} ms, {how}", "%", SEEN[name],
                pair.progress(LOOK), relative(1)),
            Row(f"{short}: gap", f"the longest of a task, {how}", "ms", GAP[name], pair.gap, relative(1)),
            Row(f"{short}: had", f"the time with a pCPU that both had, {how}", "ms", 2 * WORK, pair.had, relative(1)),
            Row(f"{short}: booked", f"the time that the guest believes to have given them, {how}", "ms",
                2 * WORK + AWAY[name], pair.booked, relative(1))]
