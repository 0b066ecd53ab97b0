# SPDX-License-Identifier: MIT
"""Time-sharing, real-time and database guests beside a hog, under each scheduler and each clock."""
import re

from stintlib.experiments import AT_LEAST, AT_MOST, EXACTLY, Row, hogs, relative, top
from stintlib.paths import ROOT

NAME = "victims"
LONG = True
ABOUT = "Gaps, missed deadlines and false time-outs of three guests beside a hog, by scheduler and by clock: one table."

SCHEDULERS = ("rr", "credit", "sedf", "fair", "gang")
CLOCKS = ("real", "catchup", "virtual")
TURNS = ("rr", "gang")    # they make who wakes wait for the others' turns, longer than any limit here
SLICE_MS = 10             # of the guest `shell`
CLIENTS = 4               # of the guest `bank`, each with one request at a time

# On four pCPUs a busy hart has a quarter of the instructions that one alone has, and what these guests do is work. So
# all times there are four times as long, the turns and the limits, and it is the same picture in slow motion. With the
# default beat one hart may have twice the instructions of another.
SLOW, BEAT = 4, "100us"
IPS = 62_500_000 // SLOW    # instructions a second
ON_FOUR = (("rr", "real"), ("rr", "catchup"), ("rr", "virtual"), ("sedf", "real"))


def run(lab):
    runs = {(sched, clock): lab.run(on_one(clock), {"sched": sched}) for sched in SCHEDULERS for clock in CLOCKS}
    four = {(sched, clock): lab.run(on_four(clock), {"sched": sched}) for sched, clock in ON_FOUR}
    rows = [row for (sched, clock), done in runs.items() for row in suffered("", sched, clock, done, SLICE_MS)]
    rows += [served(clock, runs["rr", clock], runs["sedf", clock]) for clock in CLOCKS]
    return rows + [row for (sched, clock), done in four.items()
                   for row in suffered(", on 4", sched, clock, done, SLICE_MS * SLOW)]


def on_one(clock):
    text = (ROOT / "scenarios" / "victims.conf").read_text("utf-8")
    return re.sub(r"(?m)^(clock *= )real$", rf"\g<1>{clock}", text)


def on_four(clock):
    """All of them on pCPU 3; a hog on each of the others."""
    text = on_one(clock).replace("request=25ms", "request=25ms think=10ms work=500us")
    text = re.sub(r"\b(\d+)(us|ms)\b", lambda time: f"{int(time[1]) * SLOW}{time[2]}", text)
    text = re.sub(r"(?m)^(args .*)$", rf"\1 ips={IPS}", text)
    text = text.replace("\n[vm hog]", "\n[vm hog]\naffinity = 3").replace("\nclock ", "\naffinity = 3\nclock ")
    machine = top(pcpus=4, quantum=f"{30 * SLOW}ms", time="2s", beat=BEAT)
    return re.sub(r"(?m)^(pcpus|time) .*\n", "", text).replace("sched = rr\n", f"sched = rr\n{machine}") + hogs(0, 1, 2)


def suffered(place, sched, clock, done, slice_ms):
    gap = max(task["longest_gap_ns"] for task in done.measured("shell")["tasks"]) / 1e6
    late = broken_off = (1, AT_LEAST) if clock == "real" and sched in TURNS else (0, EXACTLY)
    if clock == "real" and sched == "credit":
        broken_off = (CLIENTS, AT_MOST)    # it has no BOOST when it has just booted, and may wait for too long, once
    where = f"{sched}, clock {clock}{place}"
    yield Row(f"{where}: gap", "longest gap of a task, alone its sibling's slice", "ms",
              *((2 * slice_ms, gap, AT_LEAST) if clock == "real" else (slice_ms, gap, relative(5))))
    yield Row(f"{where}: missed", "deadlines missed", "", late[0], done.measured("control")["missed"], late[1])
    yield Row(f"{where}: false", "time-outs though the work was in time", "", broken_off[0],
              done.measured("bank")["timeouts_false"], broken_off[1])


def served(clock, turns, reserved):
    """What the database did, whatever its clock says."""
    counts = [done.measured("bank")["transactions"] for done in (turns, reserved)]
    return Row(f"served, clock {clock}", "requests under rr, in percent of those with a reservation", "%", 20,
               100 * counts[0] / counts[1], AT_MOST)
