# SPDX-License-Identifier: MIT
"""Three VMs of four VCPUs on six pCPUs, under each scheduler."""
from stintlib.experiments import AT_MOST, Row, absolute, relative
from stintlib.schedulers import scheduler_names
from stintlib.waits import vm_waits

NAME = "twelve-on-six"
LONG = True
ABOUT = "Three VMs of four VCPUs each on six pCPUs: every guest believes in four CPUs and has two."

PCPUS, VCPUS, SECONDS = 6, 12, 5
WORST_WAIT = {    # ms: what the scheduler's rules allow; docs/experiments/twelve-on-six.md derives them
    "rr": 10, "credit": 60, "sedf": 10, "fair": 3, "gang": 60,
}
USED = {"gang": 100 * 4 / 6}    # percent of the machine; the others leave nobody idle


def odd_one(done):
    """The share of the VM whose share is the furthest from a third, percent."""
    return max((done.share(vm["name"]) for vm in done.report["vms"]), key=lambda share: abs(share - 100 / 3))


def used(done):
    """Percent of the machine that VCPUs had."""
    ran = sum(vcpu["run_ns"] for vm in done.report["vms"] for vcpu in vm["vcpus"])
    return 100 * ran / PCPUS / done.report["elapsed_ns"]


def worst_wait(done):
    """ms"""
    return max(max(vm_waits(done.history, number)) for number in range(len(done.history.vms))) / 1e6


def rows_of(name, real, simulated):
    moves = sum(vcpu["migrations"] for vm in real.report["vms"] for vcpu in vm["vcpus"])
    return [
        Row(f"{name}: share", "of the VM that is furthest from a third", "%", 100 / 3, odd_one(real), relative(3)),
        Row(f"{name}: used", "of the machine, simulated", "%", USED.get(name, 100), used(simulated), absolute(1)),
        Row(f"{name}: wait", "the worst of all, simulated", "ms", WORST_WAIT[name], worst_wait(simulated), AT_MOST),
        Row(f"{name}: moves", "migrations of all VCPUs", "", VCPUS * SECONDS, moves, AT_MOST),
    ]


def run(lab):
    names = [name for name in scheduler_names() if name in WORST_WAIT]
    runs = [(name, *(start("twelve-on-six", {"sched": name, "time": f"{SECONDS}s"}) for start in (lab.run, lab.sim)))
            for name in names]
    return [row for each in runs for row in rows_of(*each)]
