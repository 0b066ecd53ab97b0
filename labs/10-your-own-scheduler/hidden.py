# SPDX-License-Identifier: MIT
"""Lab 10, what only the teacher has. The handout says what these look at, not with which numbers."""
from lab10.tests import BEATS, TURN, echoes, expect_busy, heavies, hogs, make_board
from stintlib.course import AT_LEAST, AT_MOST, test, top, vm
from stintlib.course.same import first_difference
from stintlib.course.several import at_two_places, longest_wait, name_of, runs
from stintlib.history import History

FEW, MANY = 8, 256    # VCPUs on one pCPU


@test(points=8, title="who is away whenever time is measured gains nothing", needs=("turns",),
      look="sched/mine.c: charge, yield and wake: who pays for what")
def dodging(trial):
    """By sleep, too, before the shortest turn is over. Whoever is away that often may lose by it: beside turns of 3 ms
    one who yields every 4 ms has a quarter, and that is no mistake."""
    ways = [("sleep", us) for us in (700, 1000, 1300, 4000, 10000, 30000)]
    ways += [("yield", us) for us in (4000, 10000, 30000)]
    for how, period in ways:
        away = trial.random.randrange(period * 4 // 100, period * 6 // 100)
        seen = trial.run(top(pcpus=1, sched="mine", time="600ms") + vm("hog", "hog") + vm(
            "dodger", "dodger", args=f"period={period}us away={away}us how={how}"))
        dodger, hog = seen.guest("dodger")["work"], seen.work("hog")
        part = 100 * dodger / max(dodger + hog, 1)
        trial.expect(f"away for {away} us every {period / 1000:g} ms by {how}: its part of the work, half at most", 54,
                     part, AT_MOST, "%")
        if period >= 10000:
            trial.expect("and not punished for it", 30, part, AT_LEAST, "%")


@test(points=8, title="what a decision costs does not grow with the queue", needs=("turns",),
      look="sched/mine.c: loops over those who wait (sched/tree.h finds the first in O(log n))")
def cost(trial):
    """Each VCPU sleeps for a moment again and again, and by then all others wait: what passes from one sleep to the
    next is a decision, a switch, somebody's wake-up and a few instructions of the guest."""
    costs = []
    for vcpus in (FEW, MANY):
        vms = max(vcpus // 32, 1)
        text = top(pcpus=1, sched="mine", time="1s")
        text += "".join(vm(f"c{n}", "lab10_crowd", vcpus=vcpus // vms, memory="4M") for n in range(vms))
        seen = trial.run(text)
        guests = [seen.guest(f"c{n}") for n in range(vms)]
        # `turns` allows 40 ms for each other one: within the 700 ms all of a few come to run, and of many not all.
        trial.expect(f"{vcpus} VCPUs: those that came to run", vcpus if vcpus == FEW else vcpus // 2,
                     sum(one["harts"] for one in guests), AT_LEAST)
        costs.append(1 / max(sum(one["sleeps"] / max(one["ns"], 1) for one in guests), 1e-9) / 1000)
    # A tree's O(log n) costs a few per cent, a walk along the queue many times as much.
    trial.expect(f"from one sleep to the next with {MANY} VCPUs, against {costs[0]:.1f} us with {FEW}",
                 1.5 * costs[0], costs[1], AT_MOST, "us")


@test(points=6, title="the same scenario twice is the same twice", needs=("turns",),
      look="sched/mine.c: what is neither in priv nor handed in: clocks, addresses, variables of the file; 32-bit ns")
def same(trial):
    text, _ = echoes(trial.random, 2)
    text = top(pcpus=2, sched="mine", time="300ms", beat=trial.random.choice(BEATS)) + hogs(3) + text
    first, second = trial.run(text), trial.run(text)
    trial.expect("on QEMU", "the same", first_difference(first.trace, second.trace) or "the same")
    history = History(trial.simulate(top(pcpus=1, sched="mine", time="15s") + hogs(3)))
    for vcpu in range(3):    # each runs for more than 32 bits of ns; then turns are as they were
        turns = [(end - begin) * history.ns / 1e6 for _, begin, end in runs(history, vcpu)]
        trial.expect(f"in the simulator, 15 s: mean turn of {name_of(history, vcpu)}", 0.1,
                     sum(turns) / max(len(turns), 1), AT_LEAST, "ms")
        trial.expect("and its longest wait", TURN * 3, longest_wait(history, vcpu) / 1e6, AT_MOST, "ms")
    one = trial.simulate(text)
    for again in range(3):
        trial.expect(f"in the simulator, run {again + 2}", "the same",
                     first_difference(one, trial.simulate(text)) or "the same")


@test(points=6, title="a crowd on four pCPUs", needs=("turns",), look="sched/mine.c: all of it")
def crowd(trial):
    random = trial.random
    text, periods = echoes(random, 4, rarer=4)
    text = top(pcpus=4, sched="mine", time="600ms", beat=f"{random.randrange(100, 400)}us") + hogs(3, vcpus=2) + text
    seen = trial.run(text + vm("pair", "timeshare", vcpus=2, args="spin spin sleep:1ms"))
    double = at_two_places(seen.history)
    trial.expect("VCPUs on two pCPUs at once", "none", double[0] if double else "none")
    expect_busy(trial, seen, "four pCPUs")
    waited = max(longest_wait(seen.history, vcpu) for vcpu in range(len(seen.history.vcpus))) / 1e6
    trial.expect("longest wait of all", TURN * 4, waited, AT_MOST, "ms")
    for n, period in enumerate(periods):
        served = seen.guest(f"io{n}")["transactions"]
        trial.expect(f"io{n}: requests served, of {600_000 // period}", round(0.6 * 600_000 / period), served, AT_LEAST)


@test(points=0, title="the scoreboard that counts", needs=("turns",))
def hidden_board(trial):
    text, _ = echoes(trial.random, 2)
    weights = trial.random.sample((1, 2, 3, 5, 6), 3)
    make_board(trial, top(pcpus=1, time="600ms") + hogs(3) + text, heavies(weights, time="600ms"), weights)
