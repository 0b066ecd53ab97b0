# SPDX-License-Identifier: MIT
"""What credits are handed out for, VCPUs run for."""
from stintlib.experiments import Row, absolute, relative
from stintlib.windows import Share, settled_shares

NAME = "credit-shares"
ABOUT = ("Credits a VCPU is given in a period, and the share of all run time that it has: the same, to 3 % of it or "
         "one of the pCPU.")

GOLDEN = {    # scenario: credits a VCPU and period, by VM, with one VCPU each
    "equals": {"one": 150, "two": 150},
    "weights": {"light": 100, "heavy": 200},
    "three-weights": {"light": 43, "middle": 86, "heavy": 172},
    "one-heavy": {"heavy": 300, "one": 101, "two": 101, "three": 101},
}


# Debts beyond 300 credits are forgiven, and savings beyond as many halved: with three weights this happens again and
# again, and costs the heavy one what the light one gains, up to a hundredth of the pCPU.
TOLERANCES = {"three-weights": absolute(1)}


def run(lab):
    runs = {scenario: lab.run(scenario) for scenario in GOLDEN}
    crowd = lab.run("twelve-on-six", {"sched": "credit", "time": "11s"})
    alone = lab.run("cap")
    rows = [row for scenario, credits in GOLDEN.items()
            for row in shares(scenario, settled_shares(runs[scenario].history), credits)]
    return rows + twelve(settled_shares(crowd.history)) + [half(alone)]


def shares(scenario, measured, credits):
    total = sum(credits.values())
    return [Row(f"{scenario} {name}", f"share of {name}: {given} of {total} credits", "%", 100 * given / total, share,
                TOLERANCES.get(scenario, relative(3))) for (name, given), share in zip(credits.items(), measured)]


def twelve(measured):
    return [Row(f"twelve-on-six {which}", f"the {which} share of a VCPU: 150 of 1800 credits", "%", 100 / 12,
                choose(measured), relative(3)) for which, choose in (("least", min), ("greatest", max))]


def half(done):
    """The rest of the 300 credits is nobody's."""
    return Row("cap", "run time of a VCPU alone with cap 50: 150 of 300 credits", "%", 50.0,
               Share(done.history).mean(0, 3), relative(3))
