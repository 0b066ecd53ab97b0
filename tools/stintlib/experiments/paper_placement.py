# SPDX-License-Identifier: MIT
"""In which order the pCPUs of the paper's machine are given to new VCPUs, and how full that makes the fullest."""
import re
from collections import Counter

from stintlib.experiments import Row
from stintlib.paths import find_scenario

NAME = "paper-placement"
LONG = True
ABOUT = "Guests of one VCPU come one by one to a machine of 4 x 2 pCPUs: which of these each is given."

PLAIN, THREADS = {"topology": "8x1x1"}, {"topology": "1x4x2"}
PAPER, SOURCE = "7 6 5 4 3 2 1 0", "7 5 3 1 7 5 3 1"
CASES = (    # name, what, scenario, topology, placement, order, worst load
    ("plain, equal", "count, eight plain pCPUs, equal load: the paper's order", "equal", PLAIN, "count", PAPER, 51),
    ("plain, unequal", "the same with 7, 5, 3, 1 busy: it is blind to load", "unequal", PLAIN, "count", PAPER, 51),
    ("threads, equal", "count, four cores of two threads, equal load: the source's order", "equal", THREADS, "count",
     SOURCE, 61),
    ("threads, unequal", "the same with 7, 5, 3, 1 busy: those, twice", "unequal", THREADS, "count", SOURCE, 61),
    ("util, equal", "the paper's policy, equal load", "equal", THREADS, "util", PAPER, 51),
    ("util, unequal", "the paper's policy with 7, 5, 3, 1 busy: the others, twice", "unequal", THREADS, "util",
     "6 4 2 0 6 4 2 0", 41),
)


def placements(history, number):
    """The pCPUs that the VCPUs of a VM were given."""
    return [history.placed[vcpu] for vcpu in history.vm_vcpus(number)]


def newcomers(history):
    """What the guests g1, g2, … were given."""
    return " ".join(str(pcpu) for number, vm in enumerate(history.vms) if vm["name"].startswith("g")
                    for pcpu in placements(history, number))


def worst_load(scenario, history):
    """The sum of what the VCPUs placed on a pCPU declare to need, percent, of the fullest."""
    text = find_scenario(scenario).read_text("utf-8")
    needs = dict(re.findall(r"^\[vm (\w+)\]$[^[]*?^util *= *(\d+)$", text, re.M))
    load = Counter()
    for number, vm in enumerate(history.vms):
        for pcpu in placements(history, number):
            load[pcpu] += int(needs[vm["name"]])
    return max(load.values())


def run(lab):
    runs = [lab.run(f"paper-{load}", {**topology, "placement": policy})
            for _, _, load, topology, policy, _, _ in CASES]
    rows = []
    for (name, what, load, _, _, order, worst), done in zip(CASES, runs):
        rows += [Row(name, what, "pCPUs", order, newcomers(done.history)),
                 Row(f"{name}: load", "what the fullest pCPU's VCPUs need", "%", worst,
                     worst_load(f"paper-{load}", done.history))]
    return rows
