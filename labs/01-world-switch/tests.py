# SPDX-License-Identifier: MIT
"""What the student of lab 1 can see of the grader's tests. Every verdict rests on what the guests found in their own
registers; how often a VCPU came in and left, and why, only the hypervisor can tell."""
from stintlib.course import AT_LEAST, AT_MOST, absolute, test, top, vm
from stintlib.course.alone import expect_sound

REGISTERS = ("zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 "
             "s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6").split()
FP_REGISTERS = [f"f{n}" for n in range(32)] + ["fcsr"]
CSRS = "sstatus sie stvec sscratch sepc scause stval satp scounteren senvcfg sip".split()
SPEC_VERSION = 0x02000000    # of the SBI, as the hypervisor answers it
WORD = (1 << 64) - 1
NS = 16                      # of an instruction


def check_kept(trial, seen, vm_name, names, rounds, prefix=""):
    """What that VM's guest says of the registers that it looked at."""
    found = seen.guest(vm_name)
    trial.expect(f"{vm_name}: rounds played", rounds, found.get("rounds", 0))
    trial.expect(f"{vm_name}: registers that came back wrong", 0, found.get("wrong", "unknown"))
    first = found.get("first_wrong")
    if first:
        number = first[prefix or "register"]
        name = names[number] if number < len(names) else f"number {number}"
        trial.expect(f"{vm_name}: {name}, the first of them", f"{first['expected']:#x}", f"{first['got']:#x}")


# What guests/lab01_switch.c looks at, each time that guest_enter has returned.
SWITCH = {
    "sscratch": "sscratch", "spvp": "SPVP in the hart's hstatus", "spv": "SPV in the hart's hstatus",
    "cause": "what guest_enter returned: scause", "sp": "the hypervisor's sp", "tp": "the hypervisor's tp",
    "register": "first register that was saved wrongly (0: none)", "pc": "the guest's pc: bytes behind its first ecall",
    "spp": "SPP in the saved sstatus", "vtw": "VTW in the saved hstatus",
}


def switch_words(name):
    where, what = name.split(".")
    words = SWITCH[what].replace("the hart's", "the saved") if where == "saved" else SWITCH[what]
    return f"after an ecall: {words}"


def play_switch(trial):
    """Runs the student's switch.S in an image of its own, with a guest of three instructions."""
    expect_sound(trial, "lab01_switch", f"seed={trial.random.randrange(1, 1 << 31)} rounds=20", switch_words)


def answer_of(seed, rounds):
    """What lab01_first comes to."""
    value = seed
    for _ in range(rounds):
        value = value + SPEC_VERSION & WORD
        value = value + (value & 0xFF) & WORD
        value = (value ^ value >> 31) * 0x9E3779B97F4A7C15 & WORD
        value ^= value >> 29
    return value


@test(points=10, title="a guest that is alone begins as it should, and goes on after every exit",
      look="hyp/vcpu.c: vcpu_reset; hyp/switch.S: GUEST_ENTRY, GUEST_EXIT",
      gdb=("break guest_enter", "continue", "stint vcpu 0"))
def first(trial):
    seed, rounds = trial.random.randrange(1 << 32), trial.random.randrange(200, 400)
    memory = trial.random.choice((8, 16))
    seen = trial.run(top(pcpus=1, time="200ms")
                     + vm("one", "lab01_first", memory=f"{memory}M", args=f"seed={seed} rounds={rounds}"))
    found = seen.guest("one")
    trial.expect("a0: its hart", 0, found["hart"])
    trial.expect("a1: where RAM ends, by the device tree", hex(0x80000000 + (memory << 20)), hex(found["ram_end"]))
    trial.expect("satp: its paging", 0, found["satp"])
    trial.expect("sstatus.SIE: its interrupts", 0, found["interrupts_on"])
    trial.expect("sstatus.FS: its floating point", 0, found["fp_on"])
    trial.expect("scounteren: counters that its tasks may read", 7, found["counters"])
    trial.expect("rounds of three exits", rounds, found.get("rounds", 0))
    trial.expect("what it computed meanwhile", hex(answer_of(seed, rounds)), hex(found.get("answer", 0)))


@test(points=15, title="31 registers hold patterns across SBI calls and accesses to a device", needs=("first",),
      look="hyp/switch.S: GUEST_EXIT, GUEST_ENTRY. Is a register used before it is saved, or after it is loaded?",
      gdb=("stint exit one ecall", "stint vcpu 0"))
def registers(trial):
    seed, rounds = trial.random.randrange(1 << 32), trial.random.randrange(1000, 1500)
    seen = trial.run(top(pcpus=1, time="300ms") + vm("one", "regs", args=f"rounds={rounds} seed={seed}"))
    check_kept(trial, seen, "one", REGISTERS, rounds)
    play_switch(trial)


@test(points=15, title="every VCPU keeps supervisor registers of its own while others run", needs=("first",),
      look="hyp/vcpu.c: save_csrs, load_csrs (and struct vs_csrs in hyp/vcpu.h)",
      gdb=("stint exit one timer", "stint vcpu one/0", "break load_csrs", "continue", "stint vcpu one/0"))
def csrs(trial):
    quantum = trial.random.choice((150, 200, 250))
    text, rounds = top(pcpus=1, quantum=f"{quantum}us", time="1s"), {}
    for name, harts, start in (("one", 1, 0), ("two", 2, 3), ("late", 1, 20)):
        rounds[name] = harts * (count := trial.random.randrange(50, 80))
        text += vm(name, "lab01_csrs", vcpus=harts, start=f"{start}ms",
                   args=f"rounds={count} seed={trial.random.randrange(1 << 32)} ticks=3000")
    seen = trial.run(text)
    for name, number in rounds.items():
        check_kept(trial, seen, name, CSRS, number, "csr")
    for name, value in seen.guest("late")["birth"].items():
        trial.expect(f"late: {name} when it began", "0x0", hex(value))
    # Somebody else was there for a quantum; a look at the clock costs half a microsecond.
    away = seen.guest("one")["longest_gap"] / 10
    trial.expect("one: the longest time that it was away", quantum, away, AT_LEAST, "us")


@test(points=15, title="VCPUs that take turns each keep their own registers, and go on where they were stopped",
      needs=("registers", "csrs"), look="hyp/switch.S: what of the guest is still in the hart after GUEST_EXIT?",
      gdb=("stint exit two timer", "break vcpu_enter", "continue", "stint vcpu two/0"))
def turns(trial):
    quantum = trial.random.choice((150, 200, 250))
    text = top(pcpus=1, quantum=f"{quantum}us", time="2s")
    rounds = {name: trial.random.randrange(500, 800) for name in ("one", "two", "three")}
    harts = {"one": 1, "two": 2, "three": 1}
    for name, number in rounds.items():
        text += vm(name, "regs", vcpus=harts[name], args=f"rounds={number} seed={trial.random.randrange(1 << 32)}")
    seen = trial.run(text)
    for name, number in rounds.items():
        check_kept(trial, seen, name, REGISTERS, number * harts[name])


@test(points=15, title="floating point registers are kept for who uses them, and shown to nobody else",
      needs=("turns",), look="hyp/vcpu.c: save_fp, guard_fp, vcpu_fp_on",
      gdb=("break vcpu_fp_on", "continue", "stint vcpu one/0"))
def floating_point(trial):
    quantum = trial.random.choice((150, 200, 250))
    text, rounds = top(pcpus=1, quantum=f"{quantum}us", time="1s"), {}
    for name, role, harts in (("one", "user", 1), ("two", "user", 2), ("none", "observer", 1)):
        rounds[name] = trial.random.randrange(800, 1200)
        text += vm(name, "fp", vcpus=harts,
                   args=f"rounds={rounds[name]} seed={trial.random.randrange(1 << 20)} role={role}")
    seen = trial.run(text)
    for name, number in rounds.items():
        check_kept(trial, seen, name, FP_REGISTERS, number)
        trial.expect(f"{name}: looks at traps and sstatus.FS that found what they should not", 0,
                     seen.guest(name)["failed"])
    sibling = seen.guest("two")["sibling"]
    trial.expect("two/1: rounds played beside its sibling", 100, sibling["rounds"], AT_LEAST)
    trial.expect("two/1: registers that came back wrong", 0, sibling["wrong"])


@test(points=5, title="nobody pays for floating point that he does not use", needs=("floating-point",),
      look="hyp/vcpu.c: guard_fp. Whose are the registers of this pCPU (fp_owner)?",
      gdb=("break vcpu_fp_on", "continue", "stint vcpu user/0"))
def lazy(trial):
    text = top(pcpus=1, quantum="200us", time="1s")
    text += vm("user", "fp", args=f"rounds=1000 seed={trial.random.randrange(1 << 20)}")
    for name in ("one", "two"):
        text += vm(name, "regs", args=f"rounds=700 seed={trial.random.randrange(1 << 20)}")
    seen = trial.run(text)
    check_kept(trial, seen, "user", FP_REGISTERS, 1000)
    user = seen.vcpu("user")
    trial.expect("times that the user came in after somebody else", 20, user["switches"], AT_LEAST)
    # Nobody else touches the FP registers: once they are in, they are still there when it comes back.
    trial.expect("exits of the only user for its registers to be put in", 1, user["exits"]["fp"], AT_LEAST)
    trial.expect("the same", 2, user["exits"]["fp"], AT_MOST)
    for name in ("one", "two"):
        trial.expect(f"exits of {name}, which uses no floating point, for it", 0, seen.vcpu(name)["exits"]["fp"])
    bare = cost_of_switch(trial, "never", "never")
    # Who only reads has nothing to save; what was changed once is saved once. A save is 33 stores and a bit: the margin
    # is half of that, and again half where only one of the two has been there.
    for what, roles, margin in (("two that only read registers", ("observer", "observer"), 17),
                                ("one that changed them once and one that did not", ("once", "never"), 8)):
        trial.expect(f"a switch between {what}, beyond one that never saw them", 0,
                     cost_of_switch(trial, *roles) - bare, absolute(margin), "instructions")


def cost_of_switch(trial, *roles):
    """Instructions of the hypervisor's own from switch to switch, with two guests that use floating point like that."""
    text = top(pcpus=1, quantum="200us", time="200ms")
    for name, role in zip(("one", "two"), roles):
        text += vm(name, "fp", args=f"rounds=100000 role={role}")
    seen = trial.run(text)
    switches = sum(seen.vcpu(name)["switches"] for name in ("one", "two"))
    return seen.report["pcpus"][0]["hyp_self_ns"] / NS / max(switches, 1)
