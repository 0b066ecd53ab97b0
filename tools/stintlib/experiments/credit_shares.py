# SPDX-License-Identifier: MIT
"""What credits are handed out for, VCPUs run for."""
from math import ceil

from stintlib.experiments import Row, relative
from stintlib.windows import Share, settled_shares

NAME = "credit-shares"
LONG = True
ABOUT = "Credits a VCPU is given in a period, and the share of all run time that comes of them, to 3 %."

GOLDEN = {    # scenario: credits a VCPU and period, by VM, with one VCPU each
    "equals": {"one": 150, "two": 150},
    "weights": {"light": 100, "heavy": 200},
    "three-weights": {"light": 43, "middle": 86, "heavy": 172},
    "one-heavy": {"heavy": 300, "one": 101, "two": 101, "three": 101},
}
THREE = {"light": 256, "middle": 512, "heavy": 1024}    # the weights of three-weights.conf
PERIODS, CREDITS = 10_000, 300
LONGER = {"three-weights": {"time": "16s"}}    # what is forgiven and halved comes in fits


def run(lab):
    runs = {scenario: lab.run(scenario, LONGER.get(scenario)) for scenario in GOLDEN}
    crowd = lab.run("twelve-on-six", {"sched": "credit", "time": "11s"})
    alone = lab.run("cap")
    rows = [row for scenario, credits in GOLDEN.items()
            for row in shares(scenario, settled_shares(runs[scenario].history), credits)]
    return rows + twelve(settled_shares(crowd.history)) + [half(alone)]


def shares(scenario, measured, credits):
    total = sum(credits.values())
    expected = {name: 100 * given / total for name, given in credits.items()}
    if scenario == "three-weights":
        expected = by_rule()
    return [Row(f"{scenario} {name}", f"share of {name}: {given} of {total} credits", "%", expected[name], share,
                relative(3)) for (name, given), share in zip(credits.items(), measured)]


def by_rule():
    """Percent of a pCPU for three spinners, a period for each in turn: who is not in debt goes first. Of a debt what
    exceeds 300 is forgiven; who has more than 300 keeps half, and is given no more until it has run again."""
    credit, ran = dict.fromkeys(THREE, 0), dict.fromkeys(THREE, 0)
    queue, earning = list(THREE), set(THREE)
    for _ in range(PERIODS):
        runs = next((name for name in queue if credit[name] >= 0), queue[0])
        queue.remove(runs)
        queue.append(runs)
        ran[runs] += 1
        credit[runs] -= CREDITS
        earning.add(runs)
        total = sum(THREE[name] for name in earning)
        for name in list(earning):
            credit[name] = max(credit[name] + min(ceil(CREDITS * THREE[name] / total), CREDITS), -CREDITS)
            if credit[name] > CREDITS:
                credit[name] /= 2
                earning.remove(name)
    return {name: 100 * periods / PERIODS for name, periods in ran.items()}


def twelve(measured):
    return [Row(f"twelve-on-six {which}", f"the {which} share of a VCPU: 150 of 1800 credits", "%", 100 / 12,
                choose(measured), relative(3)) for which, choose in (("least", min), ("greatest", max))]


def half(done):
    """The rest of the 300 credits is nobody's."""
    return Row("cap", "run time of a VCPU alone with cap 50: 150 of 300 credits", "%", 50.0,
               Share(done.history).mean(0, 3), relative(3))
