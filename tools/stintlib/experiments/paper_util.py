# SPDX-License-Identifier: MIT
"""The paper's policy against Xen's: who fits where, who moves, who is late."""
from stintlib.experiments import AT_LEAST, EXACTLY, Row
from stintlib.experiments.paper_placement import placements, worst_load
from stintlib.paths import find_scenario

NAME = "paper-util"
LONG = True
ABOUT = "The paper's policy sums what VCPUs need instead of counting them: fewer migrations, no deadline missed."


def figure_5(lab):
    """Where the new VCPU goes, and what would become of it there."""
    text = find_scenario("paper-fig5").read_text("utf-8")
    rows = []
    for policy, pcpu, load in (("count", 3, 105), ("util", 2, 90)):
        done = lab.run("paper-fig5", {"placement": policy})
        rows += [Row(f"figure 5, {policy}", "where the new VCPU goes", "pCPU", pcpu, placements(done.history, 4)[0]),
                 Row(f"figure 5, {policy}: load", "what the fullest pCPU's VCPUs need", "%", load,
                     worst_load("paper-fig5", done.history))]
    kept = {pcpu: lab.sim(text.replace("[vm new]", f"[vm new]\naffinity = {pcpu}")) for pcpu in (2, 3)}
    missed = {pcpu: sum(vm["report"]["missed"] for vm in done.report["vms"]) for pcpu, done in kept.items()}
    return rows + [Row("figure 5, kept on 3", "deadlines missed, were it to stay where count puts it", "", 1, missed[3],
                       AT_LEAST),
                   Row("figure 5, kept on 2", "deadlines missed where util puts it", "", 0, missed[2])]


def under_load(lab):
    """Eight guests of 25 % beside four busy pCPUs and four that idle."""
    rows = []
    for policy, expected, tolerance in (("count", 1, AT_LEAST), ("util", 0, EXACTLY)):
        vms = lab.sim("paper-deadlines", {"placement": policy}).report["vms"]
        moves = sum(vcpu["migrations"] for vm in vms for vcpu in vm["vcpus"])
        missed = sum(vm["report"].get("missed", 0) for vm in vms)
        rows += [Row(f"load, {policy}: moves", "migrations", "", expected, moves, tolerance),
                 Row(f"load, {policy}: missed", "deadlines missed", "", expected, missed, tolerance)]
    return rows


def run(lab):
    return figure_5(lab) + under_load(lab)
