# SPDX-License-Identifier: MIT
"""A guest that is away whenever the clock ticks, under both ways of accounting."""
from stintlib.experiments import Row, relative

NAME = "tick-dodging"
ABOUT = "A guest that sleeps across every tick has nearly all of a pCPU if use is sampled, and half if it is measured."
EXPECTED = {"sampled": 94, "exact": 50}


def run(lab):
    runs = {accounting: lab.run("dodger", {"accounting": accounting}) for accounting in EXPECTED}
    return [Row(accounting, f"the dodger's share with accounting={accounting}", "%", share,
                runs[accounting].share("dodger"), relative(3)) for accounting, share in EXPECTED.items()]
