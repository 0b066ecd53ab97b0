# SPDX-License-Identifier: MIT
"""What the student of lab 9 can see of the grader's tests."""
from pathlib import Path

from stintlib import layout
from stintlib.course import AT_LEAST, AT_MOST, test, top, vm
from stintlib.course.races import expect_no_race
from stintlib.course.several import (at_two_places, in_order, waits_beside_idle, runs, shared_with_sibling,
                                     where)
from stintlib.course.steps import MOVES, expect_steps

PLAYS = 4000
# ms: a kick, and the turns of other harts, of up to a beat, until the one that was kicked has its own; and a pCPU that
# nobody runs on may still be at work to end a VM.
TURNS = 6.0


def words(pcpus):
    return ",".join(map(str, sorted(pcpus))) or "none"


def pinned(random, pcpus):
    """Lists of allowed pCPUs: each twice, and none is all."""
    lists = [random.sample(range(pcpus), size) for size in (1, 1, 2, 2, pcpus - 1)]
    return [sorted(one) for one in lists]


@test(points=8, title="nobody runs where its affinity forbids", look="sched/move.c: sched_may_move")
def affinity(trial):
    pcpus, random = 4, trial.random
    lists = pinned(random, pcpus)
    text = top(pcpus=pcpus, time="300ms", quantum="3ms", beat=random.choice(("300us", "500us", "1ms")))
    for number, allowed in enumerate(lists):
        guest = {"guest": "io", "args": f"period={random.randrange(2000, 6000)}us work=200us"} if number % 2 else {
            "guest": "hog"}
        text += vm(f"only{number}", affinity=words(allowed), vcpus=len(allowed) if number % 2 == 0 else 1, **guest)
    seen = trial.run(text + vm("free", "hog", vcpus=2))
    for number, allowed in enumerate(lists):
        name, vcpus = f"only{number}", seen.history.vm_vcpus(number)
        ran = set().union(*(where(seen.history, vcpu) for vcpu in vcpus))
        trial.expect(f"{name} may run on {words(allowed)}; where it ran besides", "none", words(ran - set(allowed)))
        trial.expect(f"VCPUs of {name} that never ran", 0, sum(not runs(seen.history, vcpu) for vcpu in vcpus))


@test(points=6, title="room, siblings, and who has no home yet", look="sched/move.c: sched_may_move", gdb=None)
def rules(trial):
    expect_steps(trial, (Path(__file__).parent / "steps.txt").read_text("utf-8").splitlines(),
                 MOVES, "--seed", "1", "--plays", "40")


def unequal(trial, beat):
    """Four pCPUs, of which one soon has nothing of its own to do: two short jobs begin there, long ones elsewhere."""
    random = trial.random
    early = random.randrange(4)    # the VMs are placed in turn: of each four, this one goes there
    text = top(pcpus=4, time="2s", beat=beat, quantum="30ms")
    for number in range(8):
        work = random.randrange(4, 9) if number % 4 == early else random.randrange(30, 60)
        text += vm(f"job{number}", "timeshare", args=f"work:{work}ms")
    return text


@test(points=15, title="a pCPU with nothing to do takes from one where somebody waits",
      look="sched/move.c: take, and sched/sched.c: pick_elsewhere")
def taken(trial):
    seen = trial.run(unequal(trial, trial.random.choice(("300us", "500us", "1ms"))))
    wait = waits_beside_idle(seen.history)
    trial.expect("longest wait while an allowed pCPU idled", TURNS, wait.ns / 1e6, AT_MOST, "ms")
    trial.expect("who that was", "", "" if wait.ns <= TURNS * 1e6 else wait.told(seen.history))
    moves = sum(vcpu["migrations"] for one in seen.report["vms"] for vcpu in one["vcpus"])
    trial.expect("moves from one pCPU to another", 1, moves, AT_LEAST)
    for number in range(8):
        trial.require(seen.guest(f"job{number}")["tasks"][0]["state"] == "done", f"job{number} did not come to its end")


@test(points=13, title="whoever wakes runs at once if any allowed pCPU idles",
      look="sched/sched.c: sched_wake, and who claims an idle pCPU")
def woken(trial):
    """Two of three that wake now and then live on pCPUs which spinners take, and the third pCPU is nearly idle."""
    random = trial.random
    text = top(pcpus=3, time="800ms", quantum="100ms", beat=random.choice(("200us", "500us", "1ms")))
    periods = [random.randrange(4000, 9000) for _ in range(3)]
    for number, period in enumerate(periods):
        text += vm(f"io{number}", "io", args=f"period={period}us work=50us")
    for number in range(2):
        text += vm(f"hog{number}", "hog", start=f"{random.randrange(30)}ms")
    seen = trial.run(text)
    for number, period in enumerate(periods):
        late = seen.guest(f"io{number}")
        trial.expect(f"io{number}: requests served", round(0.8 * 800_000 / period), late["transactions"], AT_LEAST)
        # 50 us of work are 150 while three harts share the instructions; two of the others may be before it.
        trial.expect(f"io{number}: half of its requests begin within", 1.0, late["late_p50_ns"] / 1e6, AT_MOST, "ms")
        trial.expect(f"io{number}: 99 % of them", 10.0, late["late_p99_ns"] / 1e6, AT_MOST, "ms")


@test(points=10, title="a VCPU that runs elsewhere hears of an IPI at once", look="hyp/vcpu.c: vcpu_request",
      gdb=("break vcpu_request",))
def kicked(trial):
    """The short timers that make harts look parallel end a guest's run, too: so the mean is what counts."""
    beat = trial.random.choice((2, 3, 4, 5))
    gap = trial.random.randrange(2000, 4000)
    seen = trial.run(top(pcpus=3, time="500ms", beat=f"{beat}ms") + vm("a", "lab09_kick", vcpus=3, args=f"gap={gap}"))
    spinning, waiting = seen.guest("a")["to_spinning"], seen.guest("a")["to_waiting"]
    kicks = seen.vcpu("a", 1)["exits"]["kick"]
    trial.expect("IPIs sent to the one that spins", 50, spinning["sent"], AT_LEAST)
    trial.expect("of them, those that interrupted its pCPU", 70, 100 * kicks / spinning["sent"], AT_LEAST, "%")
    trial.expect("an IPI to one that spins takes, on average", 0.42 * beat, spinning["ns"] / spinning["sent"] / 1e6,
                 AT_MOST, "ms")
    trial.expect("an IPI to one that sleeps takes, on average", 0.6 * beat, waiting["ns"] / waiting["sent"] / 1e6,
                 AT_MOST, "ms")
    expect_together(trial, gap, 5)


def expect_together(trial, gap, beat):
    """VCPU 0 sends to itself and to two that spin, at once, and a fence to these before they can have taken the IPI."""
    seen = trial.run(top(pcpus=4, time="400ms", beat=f"{beat}ms") +
                     vm("b", "lab09_kick", vcpus=4, args=f"together=1 gap={gap}"))
    sent, lost, own = (seen.guest("b")[name][part] for name, part in (
        ("together", "sent"), ("together", "lost"), ("to_itself", "ns")))
    trial.expect("IPIs sent to two that spin and to the sender, at once", 30, sent, AT_LEAST)
    trial.expect("of them, those that were lost because of a fence right behind", 0, lost)
    for one in (1, 3):
        trial.expect(f"of them, those that interrupted the pCPU of VCPU {one}", 70,
                     100 * seen.vcpu("b", one)["exits"]["kick"] / max(sent, 1), AT_LEAST, "%")
    # Its kick ends its turn, and it hears of the IPI when it has the next one. Unkicked it goes on for half a beat.
    trial.expect("an IPI to itself takes, on average", 0.2 * beat, own / max(sent, 1) / 1e6, AT_MOST, "ms")


# ---- Fences ----

NEEDS = ("first of its VM here", "a sibling ran here", "it was elsewhere")
MOVED, SIBLING, NEW_VMID = 0, 1, 4    # of enum stint_fence_why (include/stint/trace.h)


def arrivals(seen):
    """(what the VCPU needs: one of NEEDS or None, fences that followed: [(kind, reason)], the reasons that are true)
    each time one came in."""
    owner = [number for number, one in enumerate(seen.history.vms) for _ in range(one["vcpus"])]
    last_of_vm, last_pcpu, found, here = {}, {}, [], {}
    for pcpu, event in in_order(seen, "run", "fence"):
        if event.type == layout.EVENTS["fence"]:
            if pcpu in here and here[pcpu][0] == event.vcpu:
                here[pcpu][1].append((layout.FENCES[event.arg], event.b))
            continue
        key = (pcpu, owner[event.vcpu])
        need = (NEEDS[0] if last_of_vm.get(key) is None else NEEDS[1] if last_of_vm[key] != event.vcpu else
                NEEDS[2] if last_pcpu[event.vcpu] != pcpu else None)
        true = [SIBLING] * (last_of_vm.get(key) != event.vcpu) + [MOVED] * (last_pcpu.get(event.vcpu) != pcpu)
        last_of_vm[key], last_pcpu[event.vcpu], here[pcpu] = event.vcpu, pcpu, (event.vcpu, [])
        found.append((need, here[pcpu][1], true))
    return found


def travellers(random):
    """VMs whose VCPUs come after each other on few pCPUs, and move about."""
    text = top(pcpus=3, time="300ms", quantum=f"{random.randrange(200, 500)}us", beat="500us")
    text += vm("a", "hog", vcpus=random.choice((3, 4))) + vm("b", "timeshare", vcpus=2, args="spin sleep:1ms")
    return text + vm("c", "ipi", vcpus=3) + vm("d", "timeshare", args="sleep:700us")


def expect_fences(trial, seen):
    came = arrivals(seen)
    for need in NEEDS:
        needy = [fences for why, fences, _ in came if why == need]
        trial.require(needy, f"'{need}' never happened: nobody moves")
        without = sum("vvma" not in {kind for kind, _ in fences} for fences in needy)
        trial.expect(f"came in, {need}: without hfence.vvma", 0, without, AT_MOST, f"of {len(needy)}")
        # If a page was taken from the VM, the hypervisor has forgotten who was here: then it is as the first time.
        known = [(fences, true) for why, fences, true in came if why == need and ("gvma", NEW_VMID) not in fences]
        other = sum(not any(("vvma", reason) in fences for reason in true) for fences, true in known)
        trial.expect(f"came in, {need}: told with another reason", 0, other, AT_MOST, f"of {len(known)}")
        if need != NEEDS[0]:
            trial.expect(f"came in, {need}: told as the first of its VM", 10,
                         100 * (1 - len(known) / len(needy)), AT_MOST, f"% of {len(needy)}")
    first = [fences for why, fences, _ in came if why == NEEDS[0]]
    trial.expect(f"came in, {NEEDS[0]}: without hfence.gvma", 0,
                 sum("gvma" not in {kind for kind, _ in fences} for fences in first), AT_MOST, f"of {len(first)}")
    return came


@test(points=10, title="translations of others are forgotten when a VCPU comes in", needs=("taken",),
      look="hyp/vcpu.c: fence_arrival", gdb=("break forget_translations",))
def fences(trial):
    seen = trial.run(travellers(trial.random))
    came = expect_fences(trial, seen)
    idle = [found for why, found, _ in came if why is None]
    needless = sum("vvma" in {kind for kind, _ in found} for found in idle)
    # A few fences are of other causes: a guest asks for them, or a page was taken from it.
    trial.expect("came back to where only other VMs ran: with hfence.vvma", 10, 100 * needless / max(len(idle), 1),
                 AT_MOST, f"% of {len(idle)}")


# ---- Siblings ----

@test(points=8, title="with placement = balance no VCPU waits behind its sibling", needs=("woken",),
      look="sched/move.c: siblings_allow")
def siblings(trial):
    """Two that share a lock, on two pCPUs, beside some that come and go: whoever holds the lock must not wait behind
    the one that spins for it."""
    random = trial.random
    crowd = vm("crowd", "smp", vcpus=2, args="inside=5ms outside=5ms")
    text = top(pcpus=2, time="600ms", placement="balance", quantum="10ms") + crowd
    for number in range(2):
        text += vm(f"io{number}", "io", args=f"period={random.randrange(3000, 6000)}us work=700us")
    seen = trial.run(text)
    alone = trial.run(text.replace(crowd, crowd + "affinity = 0;1\n"))
    wait = shared_with_sibling(seen)
    trial.expect("time that a VCPU of crowd waited where its sibling ran", 1.0, wait / 1e6, AT_MOST, "ms")
    took, most = (run.guest("crowd")["acquires"] for run in (seen, alone))
    trial.expect(f"times that they took the lock, of {most} with both pinned", round(0.9 * most), took, AT_LEAST)


# ---- Races ----

@test(points=10, title="queues, states and idle pCPUs whatever comes between",
      look="the locks and the order of steps in sched/move.c and sched/sched.c; tests/races says what is played",
      gdb=None)
def races(trial):
    """A mistake that shows on one of a thousand machines is found by playing thousands of short ones."""
    expect_no_race(trial, PLAYS)


def expect_sound(trial, seen, name):
    """What must hold in every run."""
    double = at_two_places(seen.history)
    trial.expect(f"{name}: VCPUs on two pCPUs at once", "none", double[0] if double else "none")
    elapsed = seen.report["elapsed_ns"]
    parts = {sum(vcpu[part] for part in ("run_ns", "steal_ns", "blocked_ns", "offline_ns"))
             for one in seen.report["vms"] for vcpu in one["vcpus"]}
    trial.expect(f"{name}: running, waiting and the rest of each VCPU make up the time", [elapsed], sorted(parts))
