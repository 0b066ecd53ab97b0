# SPDX-License-Identifier: MIT
"""The tests of lab 6 that stay with the teacher."""
from lab06.tests import END, FROM, dodge, had, machine, measured, part
from stintlib.course import AT_LEAST, relative, test, vm
from stintlib.course.steps import PLAYS, expect_steps, steps_of_ours

APART = 2500    # us: how far harts that count instructions may be apart


@test(points=6, title="a weight that is worth more than a pCPU: the rest is for the others, wherever they run",
      look="credit_account.c: take (6.5)", needs=("weights",))
def pcpus(trial):
    light = [f"light{number}" for number in range(3)]
    seen = trial.run(machine(6, pcpus=2) + measured("heavy", weight=trial.random.randrange(2000, 5000), gap=APART) +
                     "".join(measured(name, gap=APART) for name in light))
    trial.expect("of a pCPU that heavy had", 98, part(seen, "heavy"), AT_LEAST, "%")
    for name in light:
        trial.expect(f"time that {name} had, a third of the other pCPU", (END - FROM) / 3, had(seen, name), relative(6),
                     "ms")


@test(points=4, title="a cap is that of all VCPUs of a VM together", look="credit_account.c: judge_debtor (6.6)",
      needs=("caps",))
def together(trial):
    cap, vcpus = trial.random.choice((20, 40)), trial.random.randrange(2, 4)
    seen = trial.run(machine(12) + vm("capped", "hog", vcpus=vcpus, cap=cap) + measured("spin"))
    trial.expect(f"of the pCPU that spin had, beside {vcpus} VCPUs of cap {cap}", 100 - cap, part(seen, "spin"),
                 relative(3), "%")


@test(points=4, title="accounting=sampled is still the rule that can be cheated", look="credit.c: tick (6.4)",
      needs=("exact",))
def sampled(trial):
    trial.expect("the dodger's part of the pCPU", 90, dodge(trial, "sampled").guest("dodger")["run_pct"], AT_LEAST, "%")


@test(points=10, title="step by step, in other machines", gdb=None, look="as for steps")
def more_steps(trial):
    words = (PLAYS, "--sched", "credit", "--seed", str(trial.random.randrange(2, 1 << 30)), "--plays", "2000")
    expect_steps(trial, steps_of_ours(*words), *words)
