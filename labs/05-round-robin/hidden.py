# SPDX-License-Identifier: MIT
"""The tests of lab 5 that stay with the teacher: the same rules, in mixtures."""
from lab05.tests import MS, choose_quantum, least, machine, most, spinners, watch, watch_all
from stintlib.course import AT_LEAST, AT_MOST, relative, test
from stintlib.course.steps import PLAYS, expect_steps, steps_of_ours

IN_VAIN = 2.0    # ms: harts under instruction counting are up to 0.7 ms apart, and one is asked after the other
STARTED = 15     # ms: by then one pCPU has started all VMs, and looks after its own


@test(points=6, title="spinners, one who sleeps and one who yields share a pCPU, and half-way the quantum changes",
      look="sched/rr.c: rr_pick (5.2): which quantum counts? rr_wake (5.1), rr_yield (5.3): nobody goes first",
      needs=("turns",))
def mixture(trial):
    names, first = spinners(3), choose_quantum(trial)
    second, slept = (first * trial.random.choice((60, 150)) // 100, first * trial.random.randrange(50, 300) // 100)
    seen = trial.run(machine(first, 100 * first) + f"at {50 * first}us: sched-set quantum={second}us\n" +
                     watch_all(names) + watch("sleeper", work=first // 5, how="sleep", away=slept) +
                     watch("giver", work=first // 3, how="yield"))
    shorter, longer = min(first, second) / 1000, max(first, second) / 1000
    trial.expect("shortest turn", shorter, least(seen, names, "turn_least_ns"), relative(3), "ms")
    trial.expect("longest turn", longer, most(seen, names, "turn_most_ns"), relative(3), "ms")
    trial.expect("longest wait: all others, a quantum each, and the switches", 4 * longer + 1,
                 max(most(seen, names, "wait_most_ns"), most(seen, ["sleeper"], "late_most_ns"),
                     most(seen, ["giver"], "offer_most_ns")), AT_MOST, "ms")
    trial.expect("the spinner who ran most ran longer than the one who ran least, by", longer + 1,
                 most(seen, names, "had_ns") - least(seen, names, "had_ns"), AT_MOST, "ms")


@test(points=6, title="nobody waits while a pCPU idles on which it may run", look="sched/rr.c: rr_victim (5.4)",
      needs=("takes",))
def conserves(trial):
    homes = {"any0": "0-2", "any1": "0-2", "low0": "0-1", "low1": "0-1", "high": "1-2", "two": "2-2"}

    def sleeper(name):
        return watch(name, affinity=homes[name], gap=3000, how="sleep", work=trial.random.randrange(3000, 15000, 100),
                     away=trial.random.randrange(3000, 15000, 100))
    seen = trial.run(machine(trial.random.randrange(10000, 20000, 100), 500000, pcpus=3) + "".join(map(sleeper, homes)))
    for number, (name, home) in enumerate(homes.items()):
        trial.expect(f"longest time that {name} waited while a pCPU of {home} idled", IN_VAIN,
                     longest_in_vain(seen.history, number, *map(int, home.split("-"))) / MS, AT_MOST, "ms")
        trial.expect(f"times that {name} slept", 10, seen.guest(name)["sleeps"], AT_LEAST)


def longest_in_vain(history, vcpu, first, last):
    """ns for which that VCPU (its number among all) was runnable and one of those pCPUs had nobody, at a stretch."""
    begin = history.start + int(STARTED * MS) // history.ns
    waits = [span for span in history.vcpus[vcpu].spans if span.what == "runnable"]
    idle = [span for lane in history.pcpus[first:last + 1] for span in lane.spans if span.what is None]
    return max((min(wait.end, rest.end) - max(wait.begin, rest.begin, begin) for wait in waits for rest in idle),
               default=0) * history.ns


@test(points=4, title="other schedulers in between, and nobody is lost",
      look="sched/rr.c: when round robin begins, every priv is zero and somebody may run already", needs=("turns",))
def changes(trial):
    names, quantum = spinners(3), choose_quantum(trial)
    every = quantum * trial.random.randrange(350, 450) // 100
    seen = trial.run(machine(quantum, 100 * quantum) + f"at {every}us every {every}us: sched fair,rr\n" +
                     watch_all(names))
    trial.expect("longest wait: all others, a quantum each, and one who ran when rr began", 3 * quantum / 1000,
                 most(seen, names, "wait_most_ns"), AT_MOST, "ms")
    share = sum(seen.guest(name)["had_ns"] for name in names) / len(names) / MS
    # Of 3.5 to 4.5 turns somebody may have but one, or two, again and again: 2/9 or 1/2 of the phases of rr, and 1/3 of
    # fair's, are 0.83 or 1.25 of a third of all.
    for name in names:
        had = seen.guest(name)["had_ns"] / MS
        trial.expect(f"time that {name} had, one of three equals", 0.8 * share, had, AT_LEAST, "ms")
        trial.expect("and no more than", 1.28 * share, had, AT_MOST, "ms")


@test(points=6, title="step by step, in other machines", gdb=None, look="as for steps")
def more_steps(trial):
    seed = str(trial.random.randrange(2, 1 << 30))
    words = (PLAYS, "--sched", "rr", "--tell", "runs", "--seed", seed, "--plays", "2000")
    expect_steps(trial, steps_of_ours(*words), *words)
