# SPDX-License-Identifier: MIT
"""What the student of lab 6 can see of the grader's tests. What they judge is measured by guests: by `watch`
(tests/guests/watch.c), which knows when it had its CPU, by the work that `hog` has done, and by `dodger`."""
from pathlib import Path

from stintlib.course import AT_LEAST, AT_MOST, absolute, relative, test, top, vm
from stintlib.course.races import expect_no_race
from stintlib.course.steps import PLAYS, expect_steps

PLAYED = (PLAYS, "--sched", "credit", "--seed", "1", "--plays", "12")    # steps.txt is what comes of it
MS = 1e6              # ns
FROM, END = 500, 2000    # ms: what is measured; before that all VMs start and are given their first credits
SHARE = relative(3)   # of a window of 1.5 s, in which the last turn of each may be cut off


def watch(name, weight=256, cap=0, start="0ms", affinity=None, **args):
    """A VM of one VCPU. Times among its arguments are in us."""
    keys = {"weight": weight, "cap": cap, "start": start, **({} if affinity is None else {"affinity": affinity})}
    return vm(name, "watch", args=" ".join(f"{key}={value}" for key, value in args.items()), **keys)


def measured(name, **keys):
    """One that forgets what was before FROM."""
    return watch(name, **{"from": FROM * 1000}, **keys)


def machine(tslice_ms, end_ms=END, pcpus=1, **keys):
    return top(pcpus=pcpus, sched="credit", tslice=f"{tslice_ms}ms", time=f"{end_ms}ms", **keys)


def had(seen, name):
    """ms"""
    return seen.guest(name)["had_ns"] / MS


def part(seen, name):
    """Percent of the time from FROM to END that it had."""
    return 100 * had(seen, name) / (END - FROM)


def ratio(trial, seen, one, other):
    trial.require(had(seen, other), f"{other} had nothing of the pCPU, from {FROM} ms on")
    return had(seen, one) / had(seen, other)


@test(points=8, title="two spinners share a pCPU by their weights",
      look="credit_account.c: what is given out (6.5), who is in debt (6.6); credit.c: what is burnt (6.3), who goes "
           "first (6.1, 6.2)", gdb=("break pay_vm",))
def weights(trial):
    light, heavy = trial.random.choice(((1, 2), (1, 3), (2, 3)))
    unit = trial.random.randrange(100, 400)
    seen = trial.run(machine(6) + measured("light", weight=light * unit) + measured("heavy", weight=heavy * unit))
    for name, weight in (("light", light), ("heavy", heavy)):
        trial.expect(f"of the pCPU that {name} had, weights {light} : {heavy}", 100 * weight / (light + heavy),
                     part(seen, name), SHARE, "%")


@test(points=6, title="a VM of several VCPUs has a share for each of them", look="credit_account.c: weight_of (6.5)",
      needs=("weights",), gdb=("break pay_vm",))
def counts(trial):
    vcpus = trial.random.randrange(2, 5)
    seen = trial.run(machine(6) + vm("many", "hog", vcpus=vcpus) + vm("one", "hog"))
    trial.expect(f"work of {vcpus} VCPUs : work of one", vcpus, seen.work("many") / seen.work("one"), SHARE, ": 1")


@test(points=4, title="what a VM cannot take goes to the others by weight", look="credit_account.c: take (6.5)",
      needs=("weights",), gdb=("break credit_account.c:take",))
def rest(trial):
    cap = trial.random.choice((10, 20, 30))
    seen = trial.run(machine(12) + measured("capped", weight=4096, cap=cap) + measured("light", weight=256) +
                     measured("heavy", weight=512))
    trial.expect("of the pCPU that capped had", cap, part(seen, "capped"), absolute(2), "%")
    # With three, debts beyond the floor are forgiven now and then: docs/experiments/credit-shares.md.
    trial.expect("time of heavy : time of light", 2, ratio(trial, seen, "heavy", "light"), relative(15), ": 1")


@test(points=8, title="a cap holds, even where nobody else wants the pCPU",
      look="credit_account.c: judge_debtor parks, judge_saver unparks (6.6)", gdb=("break sched_park",))
def caps(trial):
    cap = trial.random.choice((20, 25, 30, 40, 50))
    seen = trial.run(machine(6) + measured("capped", cap=cap))
    trial.expect("of the pCPU that capped had", cap, part(seen, "capped"), SHARE, "%")
    seen = trial.run(machine(6) + measured("capped", cap=cap) + measured("other"))
    trial.expect("of the pCPU that capped had beside a spinner", cap, part(seen, "capped"), SHARE, "%")
    trial.expect("of the pCPU that both had", 97, part(seen, "capped") + part(seen, "other"), AT_LEAST, "%")


@test(points=6, title="what runs is charged, and who runs pays: a tick-dodger has half of a pCPU, and no more",
      look="credit.c: credit_charge (6.3)", needs=("weights",), gdb=("break credit_charge",))
def exact(trial):
    seen = dodge(trial, "exact")
    trial.expect("the dodger's part of the pCPU", 50, seen.guest("dodger")["run_pct"], absolute(2), "%")


def dodge(trial, accounting):
    """The dodger is the first VM: its clock begins with the run, as the ticks do."""
    tick = trial.random.choice((9, 10, 11, 12))
    return trial.run(machine(3 * tick, accounting=accounting, ratelimit="0ms") +
                     vm("dodger", "dodger", args=f"period={tick}ms away=500us") + vm("hog", "hog"))


@test(points=8, title="who wakes and is not in debt runs at once, but for the rate limit",
      look="credit.c: credit_wake (6.7), level_of (6.1), goes_on (6.2)", gdb=("break credit_wake",))
def hurry(trial):
    limit = trial.random.randrange(4000, 8000, 100)
    slept = limit * trial.random.randrange(30, 70) // 100
    # Who follows the sleeper has run for as long as that sleeps when it wakes, and goes on for the rest of the limit.
    expect_late(trial, limit, slept, (limit - slept) / 1000, absolute(0.15))
    expect_late(trial, 1000, trial.random.randrange(3000, 12000, 100), 1.1, AT_MOST)


def expect_late(trial, limit_us, slept_us, late, tolerance):
    """Who starts wakes, too, and is boosted: the sleeper comes when that is over."""
    seen = trial.run(machine(30, 1000, ratelimit=f"{limit_us}us") + watch("spin0") + watch("spin1") + watch("spin2") +
                     watch("sleeper", start="200ms", work=200, how="sleep", away=slept_us))
    sleeper = seen.guest("sleeper")
    trial.expect(f"times it slept, {slept_us / 1000:g} ms each", 50, sleeper["sleeps"], AT_LEAST)
    for which in ("least", "most"):
        trial.expect(f"{which} time from when it woke to when it ran, rate limit {limit_us / 1000:g} ms", late,
                     sleeper[f"late_{which}_ns"] / MS, tolerance, "ms")


@test(points=4, title="a boost ends at the next tick", look="credit.c: tick (6.4)",
      gdb=("break credit.c:tick if $a2 != 0",))
def ends(trial):
    tick, slept = trial.random.choice((6, 8, 10)), trial.random.randrange(6000, 8000, 100)
    seen = trial.run(machine(3 * tick) + watch("spin") +
                     watch("burst", weight=1024, work=25000, how="sleep", away=50000) +
                     watch("prompt", start="200ms", work=200, how="sleep", away=slept))
    trial.expect("times that burst woke to work for 25 ms", 20, seen.guest("burst")["sleeps"], AT_LEAST)
    trial.expect("most time from when prompt woke to when it ran: a tick and the rate limit", tick + 1.1,
                 seen.guest("prompt")["late_most_ns"] / MS, AT_MOST, "ms")


@test(points=6, title="who is in debt is not boosted, and still runs when nobody better wants to",
      look="credit.c: credit_wake (6.7), level_of (6.1); credit_account.c: judge_debtor (6.6): whom does it park?",
      gdb=("break credit_wake",))
def debtors(trial):
    heavy, slept = trial.random.choice((2, 3, 4)), trial.random.randrange(300, 500, 10)
    seen = trial.run(machine(30) + measured("spin", weight=256 * heavy) +
                     measured("debtor", work=1000, how="sleep", away=slept))
    trial.expect("time of spin : time of debtor, who wakes again and again", heavy,
                 ratio(trial, seen, "spin", "debtor"), relative(5), ": 1")
    seen = trial.run(machine(6) + measured("debtor") +
                     measured("lazy", weight=256 * 16, work=2000, how="sleep", away=6000))
    trial.expect("of the pCPU that both had, where one has nearly all credits and the other all the time", 97,
                 part(seen, "debtor") + part(seen, "lazy"), AT_LEAST, "%")


@test(points=6, title="who sleeps saves no more than the credits of a period",
      look="credit_account.c: judge_saver (6.6)", needs=("weights",), gdb=("break judge_saver",))
def hoards(trial):
    heavy, work, slept = trial.random.choice((4, 5)), 150, trial.random.randrange(600, 700, 10)
    parts = heavy + 1
    # It works, sleeps for long, and is in the middle of its work when the run ends. Awake it has its part.
    end = slept + parts * work + parts * work * 2 // 5
    seen = trial.run(machine(6, end) + watch("spin", weight=256 * heavy) +
                     watch("sleeper", weight=256, work=1000 * work, how="sleep", away=1000 * slept))
    trial.expect(f"time that sleeper had, by weight one part of {parts} while it did not sleep", (end - slept) / parts,
                 had(seen, "sleeper"), relative(8), "ms")


@test(points=6, title="who yields lets one of lower priority go first", look="credit.c: enqueue_yielding (6.8)",
      needs=("weights",), gdb=("break credit_yield",))
def yields(trial):
    work = trial.random.randrange(1500, 3000, 100)
    seen = trial.run(machine(30, 1000) + watch("spin", weight=256) +
                     watch("giver", weight=1024, work=work, how="yield"))
    giver = seen.guest("giver")
    trial.expect("times it yielded", 20, giver["offers"], AT_LEAST)
    trial.expect("least time until it was back: the rate limit", 1, giver["offer_least_ns"] / MS, AT_LEAST, "ms")
    trial.expect("most time until it was back: a period", 30.1, giver["offer_most_ns"] / MS, AT_MOST, "ms")


@test(points=10, title="step by step, to the credit", gdb=None,
      look="the first step that is not as expected: what is another one there, and which task says how it should be")
def steps(trial):
    """Rules that shares hardly show: roundings, floors and ceilings, who is active, who goes behind whom."""
    expect_steps(trial, (Path(__file__).parent / "steps.txt").read_text("utf-8").splitlines(), *PLAYED)


@test(points=4, title="what the accounting and the pCPUs both use is read and written as one", needs=("weights",),
      gdb=None,
      look="credit_load, credit_store and credit_add_ns (sched/credit.h): which words are theirs?")
def shared(trial):
    expect_no_race(trial, 1000, "--sched", "credit")
