# SPDX-License-Identifier: MIT
"""What only the teacher of lab 1 has."""
from lab01.tests import FP_REGISTERS, REGISTERS, check_kept
from stintlib.course import AT_LEAST, test, top, vm


@test(points=10, title="the hypervisor sees a guest's memory with the eyes of the mode that was interrupted",
      needs=("first",), look="hyp/switch.S: hstatus and sstatus, and what is in them while an exit is handled (SPVP)")
def privilege(trial):
    rounds = trial.random.randrange(100, 200)
    seen = trial.run(top(pcpus=1, time="300ms")
                     + vm("one", "lab01_modes", args=f"rounds={rounds} seed={trial.random.randrange(1 << 20)}"),
                     sets={"htinst": "ignore"})
    found = seen.guest("one")
    trial.expect("where its accesses to the UART came to", "the end", found.get("doing", "nowhere"))
    trial.expect("rounds played", rounds, found.get("rounds", 0))
    trial.expect("checks that failed", 0, found.get("failed", "unknown"))
    for mode, whats in found.get("wrong", {}).items():
        for what, values in whats.items():
            trial.expect(f"{mode}: {what}", values["expected"], values["got"])


@test(points=5, title="registers go along when a VCPU moves to another pCPU", needs=("turns", "floating-point"),
      look="hyp/switch.S: host_tp, host_sp; hyp/vcpu.c: guard_fp on a pCPU where it has not been for a while")
def moving(trial):
    rounds, quantum = trial.random.randrange(1200, 1600), trial.random.choice((150, 200, 250))
    text = top(pcpus=2, quantum=f"{quantum}us", time="1s")
    text += vm("two", "regs", vcpus=2, args=f"rounds={rounds} seed={trial.random.randrange(1 << 20)}")
    text += vm("user", "fp", args=f"rounds={rounds} seed={trial.random.randrange(1 << 20)}")
    text += vm("other", "fp", args=f"rounds={rounds} seed={trial.random.randrange(1 << 20)}")
    text += vm("naps", "timeshare", args="sleep:1ms") + vm("nods", "timeshare", args="sleep:700us")
    seen = trial.run(text)
    check_kept(trial, seen, "two", REGISTERS, 2 * rounds)
    check_kept(trial, seen, "user", FP_REGISTERS, rounds)
    check_kept(trial, seen, "other", FP_REGISTERS, rounds)
    moves = sum(vcpu["migrations"] for name in ("two", "user", "other") for vcpu in seen.vm(name)["vcpus"])
    trial.expect("times that one of them moved", 1, moves, AT_LEAST)


@test(points=5, title="who waits gives the pCPU away", needs=("csrs",), look="hyp/vcpu.c: vcpu_reset, hstatus.VTW")
def waiting(trial):
    period = trial.random.choice((2, 3, 4))
    seen = trial.run(top(pcpus=1, time="200ms", quantum="10ms")
                     + vm("sleeper", "timeshare", args=f"sleep:{period}ms") + vm("spinner", "hog"))
    alone = trial.run(top(pcpus=1, time="200ms", quantum="10ms") + vm("spinner", "hog"))
    # The sleeper's kernel needs some 20 us of every period; one that does not wait needs half of the pCPU.
    trial.expect("work of the spinner beside a sleeper, of what it does alone",
                 90, 100 * seen.work("spinner") / alone.work("spinner"), AT_LEAST, "%")


@test(points=5, title="a program of all kinds reports what it does on the bare machine",
      needs=("turns", "floating-point"), look="what a guest sees of the world switch")
def fidelity(trial):
    text = top(pcpus=1, quantum="200us", time="2s") + vm("one", "fidelity") + vm("two", "fidelity")
    seen = trial.run(text + vm("three", "regs", vcpus=2, args="rounds=100000"))
    bare = trial.native("fidelity").values
    for name in ("one", "two"):
        for what, value in flat(bare):
            trial.expect(f"{name}: {what}", value, dict(flat(seen.guest(name).values)).get(what, "missing"))


def flat(values, before=""):
    for name, value in values.items():
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
