# SPDX-License-Identifier: MIT
"""What the student of lab 5 can see of the grader's tests. Nearly all that they judge is measured by the guest `watch`
(tests/guests/watch.c), which looks at its clock without end and so knows when it had its CPU and when it had not."""
from pathlib import Path

from stintlib.course import AT_LEAST, AT_MOST, absolute, relative, test, top, vm
from stintlib.course.steps import PLAYS, expect_steps

MS = 1e6                # ns
SHARP = relative(2)     # a switch takes 40 us, and the rule lets 1/64 of a quantum go
AT_ONCE = 5.0           # ms: to start the VM and to boot takes 3.7
APART = 2500            # us: on several pCPUs it was away only if its clock jumped further than harts are apart
ASKED = ("break rr_pick if $a2 != 0",)    # the third argument: current


def watch(name, start=None, affinity=None, **args):
    """A VM of one VCPU. Times among its arguments are in us."""
    keys = {key: value for key, value in {"start": start, "affinity": affinity}.items() if value is not None}
    return vm(name, "watch", args=" ".join(f"{key}={value}" for key, value in args.items()), **keys)


def machine(quantum_us, time_us, pcpus=1):
    return top(pcpus=pcpus, sched="rr", quantum=f"{quantum_us}us", time=f"{time_us}us")


def often_asked(quantum_us, time_us):
    """Setting a parameter asks all pCPUs, even if it had that value before."""
    return machine(quantum_us, time_us) + f"at 10ms every 1100us: sched-set quantum={quantum_us}us\n"


def choose_quantum(trial):
    return trial.random.randrange(5000, 12000, 100)


def spinners(count):
    return [f"spin{number}" for number in range(count)]


def watch_all(names):
    return "".join(map(watch, names))


def least(seen, names, what):
    return min(seen.guest(name)[what] for name in names) / MS


def most(seen, names, what):
    return max(seen.guest(name)[what] for name in names) / MS


def expect_turns(trial, seen, names, quantum_us, tolerance=SHARP):
    """All turns of these from the second on are one quantum long. They could always run."""
    turns_of = [seen.guest(name)["turns"] for name in names]
    trial.require(all(turns_of), f"{names[turns_of.index(min(turns_of))]} could always run, and had one turn at most: "
                                 "it did not end, or there was no other")
    trial.expect("shortest turn", quantum_us / 1000, least(seen, names, "turn_least_ns"), tolerance, "ms")
    trial.expect("longest turn", quantum_us / 1000, most(seen, names, "turn_most_ns"), tolerance, "ms")


@test(points=12, title="spinners on one pCPU run for one quantum each, in turn", look="sched/rr.c: rr_pick (5.2)",
      gdb=ASKED)
def turns(trial):
    names, quantum = spinners(trial.random.randrange(3, 6)), choose_quantum(trial)
    seen = trial.run(machine(quantum, 9 * len(names) * quantum) + watch_all(names))
    expect_turns(trial, seen, names, quantum)
    trial.expect("longest wait: all others, a quantum each", (len(names) - 1) * quantum / 1000,
                 most(seen, names, "wait_most_ns"), SHARP, "ms")
    trial.expect("who ran most ran longer than who ran least, by", quantum / 1000,
                 most(seen, names, "had_ns") - least(seen, names, "had_ns"), AT_MOST, "ms")


@test(points=10, title="who is alone is left alone, and a newcomer is let in",
      look="sched/rr.c: rr_wake (5.1): what does it return? rr_pick (5.2): the slice when nobody waits",
      gdb=("break rr_wake",))
def alone(trial):
    quantum, start = trial.random.randrange(10000, 20000, 100), trial.random.randrange(40000, 80000, 100)
    seen = trial.run(machine(quantum, 2 * start) + watch("old") + watch("new", start=f"{start}us"))
    trial.expect("from the start of VM 'new' to its first look at the clock", AT_ONCE,
                 seen.guest("new")["began_ns"] / MS, AT_MOST, "ms")
    seen = trial.run(machine(1000, 100000) + watch("lonely"))
    trial.expect("interruptions of a VCPU that is alone, in 100 quanta of 1 ms", 5, seen.guest("lonely")["jumps"],
                 AT_MOST)
    # In the middle of the ninth turn. Its clock begins a little later, when the VM has been made.
    seen = trial.run(machine(quantum, 12 * quantum) + watch_all(spinners(2)) +
                     watch("third", start=f"{quantum * 17 // 2}us"))
    trial.expect("from the start of VM 'third', beside two, to that: the rest of a turn, and the next one",
                 1.4 * quantum / 1000, seen.guest("third")["began_ns"] / MS, AT_LEAST, "ms")


@test(points=12, title="who wakes waits its turn", needs=("turns",), gdb=("break rr_wake",),
      look="sched/rr.c: rr_wake (5.1): which end of the queue? Who never slept never ran: what does it return?")
def wakes(trial):
    names, quantum = spinners(trial.random.randrange(2, 4)), choose_quantum(trial)
    expect_late(trial, names, quantum, quantum * trial.random.randrange(120, 180) // 100)
    expect_late(trial, spinners(1), quantum, quantum * trial.random.randrange(30, 70) // 100)


def expect_late(trial, names, quantum_us, slept_us):
    """When it goes to sleep the turn of the next one begins. When it wakes, the rest of somebody's turn is still to
    come, and then those of all others."""
    seen = trial.run(machine(quantum_us, 30 * quantum_us) + watch_all(names) +
                     watch("sleeper", work=quantum_us // 4, how="sleep", away=slept_us))
    sleeper, late = seen.guest("sleeper"), (len(names) * quantum_us - slept_us % quantum_us) / 1000
    trial.expect(f"times it slept, beside {len(names)}", 5, sleeper["sleeps"], AT_LEAST)
    trial.expect("times it was stopped at its work, a quarter of a quantum", 0, sleeper["turns"])
    for which in ("least", "most"):
        trial.expect(f"{which} time from when it woke to when it ran", late, sleeper[f"late_{which}_ns"] / MS,
                     relative(3), "ms")


@test(points=10, title="who yields goes behind all others, once", look="sched/rr.c: rr_yield (5.3)", needs=("turns",),
      gdb=("break rr_yield",))
def yields(trial):
    quantum = choose_quantum(trial)
    giver = watch("giver", work=quantum * trial.random.randrange(30, 70) // 100, how="yield")
    expect_way(trial, spinners(trial.random.randrange(2, 4)), quantum, giver)
    expect_way(trial, spinners(1), quantum, giver)
    seen = trial.run(often_asked(quantum, 16 * quantum) + watch_all(spinners(1)) + giver)
    expect_whole(trial, seen, "when the pCPU is asked often")
    seen = trial.run(machine(quantum, 12 * quantum) + giver)
    trial.expect("times it yielded when nobody waited", 10, seen.guest("giver")["offers"], AT_LEAST)
    trial.expect("most time until it was back then", 0.1, most(seen, ["giver"], "offer_most_ns"), AT_MOST, "ms")


def expect_way(trial, names, quantum_us, giver):
    """Whenever it yields all the others have their turns, and then it is back."""
    seen = trial.run(machine(quantum_us, 8 * (len(names) + 1) * quantum_us) + watch_all(names) + giver)
    trial.expect(f"times it yielded beside {len(names)}", 4, seen.guest("giver")["offers"], AT_LEAST)
    for which in ("least", "most"):
        trial.expect(f"{which} time until it was back: all others, a quantum each", len(names) * quantum_us / 1000,
                     seen.guest("giver")[f"offer_{which}_ns"] / MS, SHARP, "ms")
    expect_whole(trial, seen, f"beside {len(names)}")
    expect_turns(trial, seen, names, quantum_us)


def expect_whole(trial, seen, when):
    """Its work takes less than the quantum that it has each time; but the first time it has booted before."""
    trial.expect(f"times it was stopped at its work, less than a quantum, {when}", 1, seen.guest("giver")["turns"],
                 AT_MOST)


@test(points=8, title="who is asked before its turn is over keeps the rest of it, and no more",
      look="sched/rr.c: rr_pick (5.2): when does a quantum begin, and how long is the slice of one that has begun?",
      needs=("turns",), gdb=ASKED)
def rest(trial):
    names, quantum = spinners(3), choose_quantum(trial)
    asked = often_asked(quantum, 10 * len(names) * quantum)
    expect_turns(trial, trial.run(asked + watch_all(names)), names, quantum, relative(3))
    expect_used_up(trial, asked, quantum)
    expect_begun(trial, quantum, quantum * trial.random.choice((60, 150)) // 100)


def expect_used_up(trial, asked, quantum_us):
    """The spinner's turn begins when the other goes to sleep, and is over when that wakes, whatever is asked meanwhile
    of who is alone."""
    slept = quantum_us * trial.random.randrange(130, 170) // 100
    sleeper = trial.run(asked + watch_all(spinners(1)) + watch("sleeper", work=quantum_us // 4, how="sleep",
                                                               away=slept)).guest("sleeper")
    trial.expect("times it slept for more than a quantum, beside 1", 5, sleeper["sleeps"], AT_LEAST)
    trial.expect("most time from when it woke to when it ran: the quantum of who was alone is used up", 0.3,
                 sleeper["late_most_ns"] / MS, AT_MOST, "ms")


def expect_begun(trial, first_us, second_us):
    """In the tenth turn, that of spin0, the quantum is set anew: for all turns that begin later. That turn began 9
    quanta, and 2 to 3 ms of booting, after the start, and `after` it is over, with either quantum."""
    after = first_us * 45 // 4
    seen = trial.run(machine(first_us, 20 * first_us) +
                     f"at {first_us * 39 // 4}us: sched-set quantum={second_us}us\n" + watch("spin0", stop=after) +
                     "".join(watch(name, **{"from": after}) for name in ("spin1", "spin2")))
    for which in ("least", "most"):
        trial.expect(f"{which} turn of spin0, the last of which has begun when the quantum is set anew",
                     first_us / 1000, seen.guest("spin0")[f"turn_{which}_ns"] / MS, relative(3), "ms")
    expect_turns(trial, seen, ["spin1", "spin2"], second_us, relative(3))


def watch_apart(name, **keys):
    return watch(name, gap=APART, **keys)


@test(points=8, title="a pCPU that idles takes one who waits elsewhere", look="sched/rr.c: rr_victim (5.4)",
      gdb=("break rr_victim",))
def takes(trial):
    quantum, until = trial.random.randrange(10000, 15000, 100), trial.random.randrange(100000, 150000, 100)
    stay, leave = trial.random.choice((("ac", "bd"), ("bd", "ac")))    # a and c begin on pCPU 1, b and d on pCPU 0
    begin, end = until + 2 * quantum, until + 12 * quantum
    seen = trial.run(machine(quantum, end, pcpus=2) + "".join(
        watch_apart(name, stop=until) if name in leave else watch_apart(name, **{"from": begin}) for name in "abcd"))
    for name in stay:
        trial.expect(f"time that {name} had when the other pCPU was free: all", (end - begin) / 1000,
                     seen.guest(name)["had_ns"] / MS, relative(5), "ms")


@test(points=6, title="nobody is taken to a pCPU that it may not run on, and somebody else is",
      look="sched/rr.c: rr_victim (5.4): whom may the thief have, and where may he stand in the queue?",
      gdb=("break rr_victim",))
def affinity(trial):
    quantum = trial.random.randrange(20000, 30000, 100)
    # On pCPU 1 pinned0, free and pinned1 come in turn. Both of pCPU 0 leave when the ninth turn, that of pinned1, has
    # begun: the queue is pinned0, free, and free has waited for less than half of a turn.
    until = 8 * quantum + quantum * trial.random.randrange(25, 50) // 100
    seen = trial.run(machine(quantum, 18 * quantum, pcpus=2) +
                     watch_apart("brief0", affinity=0, stop=until) + watch_apart("brief1", affinity=0, stop=until) +
                     watch_apart("pinned0", affinity=1) + watch_apart("free") + watch_apart("pinned1", affinity=1))
    expect_home(trial, seen, {2: "pinned0", 4: "pinned1"})
    trial.expect("shortest wait of free: from when its turn was over to when pCPU 0 idled and took it",
                 0.75 * quantum / 1000, least(seen, ["free"], "wait_least_ns"), AT_MOST, "ms")


def expect_home(trial, seen, names):
    """Where VCPUs, {its number among all: its name}, ran that may run on pCPU 1: that only the hypervisor knows."""
    for number, name in names.items():
        pcpus = [str(pcpu) for pcpu, lane in enumerate(seen.history.pcpus)
                 if any(span.what == number for span in lane.spans)]
        trial.expect(f"where {name} ran, which may run on pCPU 1", "1", ", ".join(pcpus))


@test(points=6, title="queues of unequal length even out", gdb=("break rr_spare",),
      look="sched/rr.c: rr_spare (5.5): who waits p turns here, and would wait waiting + 1 there?")
def lengths(trial):
    quantum = trial.random.randrange(10000, 15000, 100)
    # On pCPU 1 pinned0, pinned1 and free come in turn. In pinned0's fifth turn the two brief ones leave pCPU 0.
    until, begin, end = quantum * 25 // 2, 15 * quantum, 35 * quantum
    later = {"from": begin}
    seen = trial.run(machine(quantum, end, pcpus=2) +
                     watch_apart("pinned0", affinity=1, **later) + watch_apart("brief0", stop=until) +
                     watch_apart("pinned1", affinity=1, **later) + watch_apart("brief1", stop=until) +
                     watch_apart("free", **later) + watch_apart("other", **later))
    expect_home(trial, seen, {0: "pinned0", 2: "pinned1"})
    # Their clocks begin one after the other, within 10 ms, and a turn may be cut off at either end.
    for name in ("pinned0", "pinned1", "free", "other"):
        trial.expect(f"time that {name} had when four were left: half of a pCPU", (end - begin) / 2000,
                     seen.guest(name)["had_ns"] / MS, absolute(1.5 * quantum / 1000), "ms")
    expect_not_worse(trial, trial.random.randrange(24000, 32000, 100))
    expect_as_well(trial, trial.random.randrange(24000, 32000, 100))


def expect_not_worse(trial, quantum):
    """On pCPU 1 three pinned ones and free come in turn. On pCPU 0 brief leaves in its tenth turn, in that of pinned1.
    When pinned2's begins, free has the first place of three; on pCPU 0 one waits, behind one whose turn is new."""
    until = 9 * quantum + quantum * trial.random.randrange(60, 80) // 100
    seen = trial.run(machine(quantum, 16 * quantum, pcpus=2) + "".join(
        watch_apart(f"pinned{number}", affinity=1) + watch_apart(name, affinity=0, **keys)
        for number, (name, keys) in enumerate((("brief", {"stop": until}), ("low0", {}), ("low1", {})))) +
        watch_apart("free"))
    trial.expect("times free had to wait", 3, seen.guest("free")["waits"], AT_LEAST)
    trial.expect("longest wait of free, who is only sent to where he waits no longer: three others, a quantum each",
                 3 * quantum / 1000 + 1, seen.guest("free")["wait_most_ns"] / MS, AT_MOST, "ms")


def expect_as_well(trial, quantum):
    """On pCPU 1 free sleeps beside two pinned ones. When it waits, and one of them has put the other behind it, it is
    the first of two, and never the last. On pCPU 0 nobody waits any more: there it waits as long, at most, and from
    then on it wakes there, beside one whose turn began when it went to sleep."""
    slept = quantum * trial.random.randrange(30, 50) // 100
    seen = trial.run(machine(quantum, 24 * quantum, pcpus=2) +
                     watch_apart("low", affinity=0) + watch_apart("brief", affinity=0, stop=3 * quantum) +
                     watch_apart("pinned0", affinity=1) +
                     watch_apart("free", work=quantum // 4, how="sleep", away=slept, **{"from": 10 * quantum}) +
                     watch_apart("pinned1", affinity=1))
    trial.expect("times free slept", 5, seen.guest("free")["sleeps"], AT_LEAST)
    trial.expect("longest time from when free woke to when it ran, beside one: the rest of a turn",
                 (quantum - slept) / 1000, seen.guest("free")["late_most_ns"] / MS, relative(8), "ms")


@test(points=6, title="step by step", gdb=None,
      look="the first step that is not as expected: what happens there, and which task says what should come of it")
def steps(trial):
    expect_steps(trial, (Path(__file__).parent / "steps.txt").read_text("utf-8").splitlines(),
                 PLAYS, "--sched", "rr", "--tell", "runs", "--seed", "1", "--plays", "30")
