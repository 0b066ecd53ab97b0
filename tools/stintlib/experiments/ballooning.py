# SPDX-License-Identifier: MIT
"""A guest with more VCPUs than it is given time for stops those it cannot use, and takes them again."""
from stintlib.experiments import AT_LEAST, AT_MOST, EXACTLY, Row
from stintlib.paths import ROOT

NAME = "ballooning"
ABOUT = "A guest that keeps no more VCPUs than it is given pCPUs, by its steal time, spins for nobody who is away."

ROUND_US = 100
WASTED = 3 * 0.2 / (1 + 3 * 0.2)    # what the plain lock alone costs four VCPUs on one pCPU: lock-holder-preemption


def run(lab):
    text = (ROOT / "scenarios" / "balloon.conf").read_text("utf-8")
    on, off = lab.run("balloon"), lab.run(text.replace("balloon=on", "balloon=off", 2))
    longer = lab.run("balloon", {"time": "8s"})    # the same up to where the other ends
    grows = lab.run("balloon-grows")
    return [Row("on: VCPUs", "that the guest keeps of its four, half a pCPU being left to it", "VCPUs", 1,
                on.measured("crowd")["online"], EXACTLY),
            Row("on: rate", "acquires a ms of run time, ballooning on, once settled", "/ms",
                (1 - WASTED) * 1000 / ROUND_US, rate_after(on, longer), AT_LEAST),
            Row("off: rate", "acquires a ms of run time, ballooning off", "/ms", (1 - WASTED) * 1000 / ROUND_US,
                rate(off), AT_MOST),
            Row("on: done", "acquires with ballooning to those without", ": 1", 1 / (1 - WASTED),
                on.measured("crowd")["acquires"] / off.measured("crowd")["acquires"], AT_LEAST),
            Row("grows: least", "the fewest VCPUs of two, two thirds of a pCPU being left", "VCPUs", 1,
                grows.measured("crowd")["least"], EXACTLY),
            Row("grows: at last", "VCPUs when both pCPUs are free", "VCPUs", 2, grows.measured("crowd")["online"],
                EXACTLY)]


def done_in(done):
    """Acquires, and ms of run time."""
    return done.measured("crowd")["acquires"], sum(vcpu["run_ns"] for vcpu in done.vm("crowd")["vcpus"]) / 1e6


def rate(done):
    """Acquires a ms of run time."""
    acquires, ms = done_in(done)
    return acquires / ms


def rate_after(done, longer):
    """The same from the end of one run to that of a longer one of the same scenario."""
    (before, ms_before), (after, ms_after) = done_in(done), done_in(longer)
    return (after - before) / (ms_after - ms_before)
