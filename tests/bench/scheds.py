#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""`make bench`, too: what a decision of each scheduler costs as the machine grows. Nodes of queues that are looked at
are the same in every run; nanoseconds are this machine's."""
import argparse
import json
import math
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from stintlib.errors import COULD_NOT, NO, OK, CannotRun      # noqa: E402  (it needs the path)
from stintlib.paths import BUILD, need                        # noqa: E402
from stintlib.run import write_json                           # noqa: E402
from stintlib.text import table                               # noqa: E402

PROGRAM = BUILD / "sim" / "sched-bench"
BOUND = 300             # seconds of wall-clock time
SIZES = (16, 256, 4096, 16384)
NODES_A_DOUBLING = 6    # what some walks through a balanced tree take
SLACK = 1.25


def measure(*scheds):
    """Rows {"sched", "vcpus", "pcpus", "ns", "touches", "worst", "tick_touches"}: first those with 16 VCPUs a pCPU.
    What is done for all VCPUs at a tick of the scheduler is no part of a decision; tick_touches: nodes a VCPU and
    tick."""
    done = subprocess.run([need(PROGRAM), *scheds], capture_output=True, text=True, timeout=BOUND, check=False)
    if done.returncode:
        raise CannotRun(done.stderr.strip())
    return json.loads(done.stdout)


def series(rows):
    """(scheduler, on one pCPU or not, its rows by growing size)"""
    for sched in dict.fromkeys(row["sched"] for row in rows):
        own = [row for row in rows if row["sched"] == sched]
        yield sched, False, own[:len(SIZES)]
        yield sched, True, own[len(SIZES):]


def too_dear(on_one, rows):
    """Those that look at more nodes than they may: in one queue so many for each doubling of its length; in queues of
    bounded length as many as in a machine of 256 VCPUs."""
    def most(row):
        return NODES_A_DOUBLING * math.log2(row["vcpus"]) if on_one else SLACK * rows[1]["touches"] + 1

    return [row for row in rows if row["touches"] > most(row)]


def show(rows):
    yield "What a decision of a scheduler costs, for so many VCPUs: queue nodes looked at, the mean, and ns on this"
    yield "machine, the median. What credit does for each active VCPU every 30 ms, its accounting, is no part of it."
    yield ""
    lines = []
    for sched, on_one, own in series(rows):
        cells = [f"{row['touches']:.1f}  {row['ns']:>5} ns" for row in own]
        lines.append([sched, "all on 1" if on_one else "16 each", *cells, "missed" if too_dear(on_one, own) else "ok"])
    yield from table(["", "pCPUs", *(f"{size:,}" for size in SIZES), ""], lines, left=2)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON, too")
    options = parser.parse_args()
    try:
        rows = measure()
        if options.json:
            write_json(rows, options.json)
    except CannotRun as error:
        print(f"bench: {error}", file=sys.stderr)
        return COULD_NOT
    print("\n".join(show(rows)))
    return NO if any(too_dear(on_one, own) for _, on_one, own in series(rows)) else OK


if __name__ == "__main__":
    sys.exit(main())
