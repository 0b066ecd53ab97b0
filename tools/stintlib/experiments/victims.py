# SPDX-License-Identifier: MIT
"""Time-sharing, real-time and database guests beside a hog, under each scheduler and each clock."""
import re

from stintlib.experiments import AT_LEAST, AT_MOST, EXACTLY, Row, relative
from stintlib.paths import ROOT

NAME = "victims"
ABOUT = "Gaps, missed deadlines and false time-outs of three guests beside a hog, by scheduler and by clock: one table."

SCHEDULERS = ("rr", "credit", "sedf", "fair", "gang")
CLOCKS = ("real", "catchup", "virtual")
TURNS = ("rr", "gang")    # they make who wakes wait for the others' turns, longer than any limit here
SLICE_MS = 10             # of the guest `shell`
CLIENTS = 4               # of the guest `bank`, each with one request at a time


def run(lab):
    text = (ROOT / "scenarios" / "victims.conf").read_text("utf-8")
    runs = {(sched, clock): lab.run(re.sub(r"(?m)^(clock *= )real$", rf"\g<1>{clock}", text), {"sched": sched})
            for sched in SCHEDULERS for clock in CLOCKS}
    rows = [row for (sched, clock), done in runs.items() for row in suffered(sched, clock, done)]
    return rows + [served(clock, runs["rr", clock], runs["sedf", clock]) for clock in CLOCKS]


def suffered(sched, clock, done):
    gap = max(task["longest_gap_ns"] for task in done.measured("shell")["tasks"]) / 1e6
    late = broken_off = (1, AT_LEAST) if clock == "real" and sched in TURNS else (0, EXACTLY)
    if clock == "real" and sched == "credit":
        broken_off = (CLIENTS, AT_MOST)    # it has no BOOST when it has just booted, and may wait for too long, once
    where = f"{sched}, clock {clock}"
    yield Row(f"{where}: gap", "longest gap of a task, alone its sibling's slice", "ms",
              *((2 * SLICE_MS, gap, AT_LEAST) if clock == "real" else (SLICE_MS, gap, relative(5))))
    yield Row(f"{where}: missed", "deadlines missed", "", late[0], done.measured("control")["missed"], late[1])
    yield Row(f"{where}: false", "time-outs though the work was in time", "", broken_off[0],
              done.measured("bank")["timeouts_false"], broken_off[1])


def served(clock, turns, reserved):
    """What the database did, whatever its clock says."""
    counts = [done.measured("bank")["transactions"] for done in (turns, reserved)]
    return Row(f"served, clock {clock}", "requests under rr, in percent of those with a reservation", "%", 20,
               100 * counts[0] / counts[1], AT_MOST)
