# SPDX-License-Identifier: MIT
"""One to two by weight, and a quarter by cap."""
from stintlib.experiments import Row, relative
from stintlib.windows import Share, settled_shares

NAME = "weights-and-caps"
ABOUT = "Weights 256 and 512 share one to two; a cap of 25 % holds even where nobody else wants the pCPU."


def run(lab):
    weighed = {sched: lab.run("weights", {"sched": sched}) for sched in ("credit", "fair")}
    capped = lab.run("cap")
    return [row for sched, done in weighed.items() for row in by_weight(sched, *settled_shares(done.history))] + [
        Row("cap", "run time with cap 25 on a pCPU that idles otherwise, from 3 s to 6 s", "%", 25.0,
            Share(capped.history).mean(3, 6), relative(3))]


def by_weight(sched, light, heavy):
    yield Row(f"weights {sched}", f"heavy's run time to light's under {sched}", ": 1", 2.0, heavy / light, relative(3))
