# SPDX-License-Identifier: MIT
"""What the student of lab 3 can see of the grader's tests. The guests are in labs/03-exits-and-sbi/guests: they do
things that make them exit, and report what came of each."""
from stintlib.course import AT_LEAST, relative, test, top, vm
from stintlib.course.alone import expect_sound
from stintlib.course.trap import cause_name

STEPS = 3                   # instructions behind each access or call that the guests count
NO_SUCH, NO_HART = -2, -3   # SBI_ERR_NOT_SUPPORTED, SBI_ERR_INVALID_PARAM
MASK = 2 ** 64 - 1
ILLEGAL, LOAD_MISALIGNED, FETCH_PAGE, LOAD_PAGE, STORE_PAGE = 2, 4, 12, 13, 15
UNITS_A_MS = 62.5           # 1000 instructions of 16 ns: what a guest does in a millisecond that has a pCPU to itself


def evidence(trial, seen, name="a"):
    """What the guest found; it has come to its end."""
    found = seen.guest(name)
    exits = ", ".join(f"{kind} {count}" for kind, count in seen.vcpu(name)["exits"].items() if count)
    trial.require(found.get("done"), f"guest {name} never came to its end. What it had begun last: "
                                     f"{found.get('step', 'nothing yet')}. Exits of its first VCPU: {exits or 'none'}")
    return found


# What guests/lab03_alone.c looks at.
ALONE = {
    "times": "times that the device was asked", "deed": "it was a store", "offset": "at which place in it",
    "width": "of how many bytes", "value": "what it was given", "without-lock": "times that the VM's lock was not held",
    "lock-kept": "the VM's lock is held afterwards", "others": "other registers that changed",
    "register": "the register holds", "skipped": "bytes that the pc moved by", "crashed": "the VM is crashed",
}


def alone_words(name):
    which, what = name.split(".")
    return f"made up, {which}: {ALONE[what]}"


def play_alone(trial, part):
    """Runs the student's exit.c and device.c in an image of their own, with exits and a device that are made up."""
    expect_sound(trial, "lab03_alone", f"part={part} seed={trial.random.randrange(1, 1 << 31)}", alone_words)


def random_place(trial):
    """A virtual address of Sv39's lower half, far from RAM: a multiple of 2 MiB."""
    return trial.random.randrange(1 << 32, 1 << 38) >> 21 << 21


def show_trap(cause, value, at=0):
    return f"{cause_name(cause)}, stval {value:#x}" + (f", {at} bytes off" if at else "")


@test(points=10, title="a guest's own mistakes come to its own kernel", look="hyp/exit.c: exit_handlers",
      gdb=("break reflect",))
def traps(trial):
    place = random_place(trial)
    found = evidence(trial, trial.run(top(pcpus=1, time="500ms") + vm("a", "lab03_traps", args=f"place={place}")))
    word = found["word"]
    for name, cause, value in (
            ("unknown", ILLEGAL, 0x7f), ("compressed", ILLEGAL, 0x8000), ("read-hstatus", ILLEGAL, 0x600022f3),
            ("write-hgatp", ILLEGAL, 0x68001073), ("hfence-gvma", ILLEGAL, 0x62000073), ("hlv-w", ILLEGAL, 0x680542f3),
            ("read-mstatus", ILLEGAL, 0x300022f3), ("misaligned", LOAD_MISALIGNED, word + 4),
            ("load", LOAD_PAGE, place + 8), ("store", STORE_PAGE, place + 0x1000)):
        got = found[name]
        trial.expect(f"trap of {name}", show_trap(cause, value), show_trap(got["cause"], got["value"], got["at"]))
    got = found["jump"]
    trial.expect("trap of jump", show_trap(FETCH_PAGE, place + 0x2000), show_trap(got["cause"], got["value"]))
    trial.expect("an FP register holds", f"{place ^ 0x0123456789abcdef:#x}", f"{found['fp']:#x}")


@test(points=6, title="interrupts end a guest's run and harm nobody", look="hyp/exit.c: exit_handlers")
def interrupts(trial):
    """A timer's, by the slices of two guests; IPIs, by a hart that spins and is sent one from another pCPU."""
    quantum = trial.random.choice((3, 4, 5, 7))
    seen = trial.run(top(pcpus=1, time="300ms", quantum=f"{quantum}ms") + vm("a", "hog") + vm("b", "hog"))
    trial.expect("work of a : work of b", 1.0, seen.work("a") / seen.work("b"), relative(10))
    seen = trial.run(top(pcpus=2, time="1s") + vm("a", "lab03_masks", vcpus=2, args="spin=1 calls=1 mask0=2 base0=0"))
    trial.expect("harts reached by an IPI to hart 1, as bits", 0b10, evidence(trial, seen)["sent"][0]["reached"])


@test(points=10, title="RAM is there when it is touched, and the UART where it is mapped",
      look="hyp/exit.c: on_guest_page_fault", gdb=("break on_guest_page_fault",))
def memory(trial):
    nonce, pages = trial.random.getrandbits(62) | 0x80, trial.random.randrange(100, 300)    # 0x80: MCR has 5 bits
    args = f"nonce={nonce} pages={pages} place={random_place(trial)}"
    found = evidence(trial, trial.run(top(pcpus=1, time="500ms") + vm("a", "lab03_memory", args=args)))
    for way in ("physical", "virtual"):
        trial.expect(f"pages touched by {way} addresses that were not zero", 0, found[way]["unclean"])
        trial.expect(f"pages touched by {way} addresses that lost what was written", 0, found[way]["wrong"])
    trial.expect("pages that show something else by their physical address", 0, found["elsewhere"])
    trial.expect("the UART's scratch register, by a virtual address", nonce & 0xff, found["scratch"])
    got = found["fetch"]
    trial.expect("trap of the zeros in the last 4 bytes of RAM, when executed", f"{cause_name(ILLEGAL)}, 0 bytes off",
                 f"{cause_name(got['cause'])}, {got['at']} bytes off")
    play_alone(trial, "no-page")


@test(points=10, title="WFI gives the pCPU away, and goes on behind it", look="hyp/exit.c: wait_or_refuse",
      gdb=("break wait_or_refuse",))
def sleep(trial):
    naps, ticks = trial.random.randrange(20, 40), trial.random.randrange(50_000, 80_000)
    args = f"naps={naps} ticks={ticks} nonce={trial.random.getrandbits(62)}"
    slept_ms = naps * ticks / 10_000
    seen = trial.run(top(pcpus=1, time=f"{int(slept_ms) + 400}ms", quantum="10ms") +
                     vm("a", "lab03_sleep", args=args) + vm("b", "hog"))
    found = evidence(trial, seen)
    trial.expect("naps taken", naps, found["naps"])
    trial.expect("instructions executed behind a WFI, of 3", STEPS, found["steps"] / found["waits"])
    # 400 ms of these are b's alone. In the rest a works for less than 1 % of the time; the other 9 are the margin.
    trial.expect("work of its neighbour", 0.9 * (slept_ms + 400) * UNITS_A_MS, seen.work("b"), AT_LEAST)


@test(points=10, title="SBI calls are answered in a0 and a1", look="sbi/sbi.c: sbi_call, sbi_probe",
      gdb=("break -source sbi/sbi.c -function sbi_call",))
def calls(trial):
    found = made_calls(trial, [trial.random.randrange(0x0A000000, 0x10000000)])
    for name, error, value in (("version", 0, 0x02000000), ("probe-time", 0, 1), ("probe-stint", 0, 1),
                               ("probe-none", 0, 0), ("base-none", NO_SUCH, 0), ("status", 0, 0), ("stopped", 0, 1),
                               ("no-hart", NO_HART, 0)):
        expect_answer(trial, name, found[name], error, value)
    trial.expect("a1 of a hart that was started", f"{found['opaque']['sent']:#x}", f"{found['opaque']['seen']:#x}")
    trial.expect("instructions executed behind an ecall, of 3", STEPS, found["steps"] / found["calls"])
    trial.expect("and where a hart goes on that was suspended", STEPS, found["resumed"])


def made_calls(trial, extensions):
    """What a guest found that also called these extensions."""
    args = f"nonce={trial.random.getrandbits(62)} eids={len(extensions)} "
    args += " ".join(f"eid{number}={eid}" for number, eid in enumerate(extensions))
    return evidence(trial, trial.run(top(pcpus=2, time="500ms") + vm("a", "lab03_calls", vcpus=2, args=args)))


def expect_answer(trial, name, got, error, value):
    trial.expect(f"{name}: a0, a1", f"{error}, {value:#x}", f"{got['error']}, {got['value']:#x}")


@test(points=6, title="an extension that there is not is refused, and nothing else happens", look="sbi/sbi.c: sbi_call")
def unknown(trial):
    extensions = [trial.random.randrange(9), *(trial.random.randrange(0x09000000, 0x0A000000) for _ in range(4)), MASK]
    found = made_calls(trial, extensions)
    for eid, got in zip(extensions, found["unknown"]):
        expect_answer(trial, f"extension {eid:#x}", got, NO_SUCH, 0)
    trial.expect("registers a2 to a7 that a call changed", 0, found["changed"])


@test(points=6, title="no register changes but those that should",
      look="sbi/sbi.c: sbi_call; hyp/dev/device.c: perform")
def registers(trial):
    """Rounds of three calls, or three accesses to the UART, in which all registers hold random patterns."""
    rounds = trial.random.randrange(200, 400)
    seen = trial.run(top(pcpus=1, time="500ms") +
                     vm("a", "regs", args=f"rounds={rounds} seed={trial.random.getrandbits(40)}"))
    found = seen.guest("a")
    first = found.get("first_wrong", {})
    trial.expect("first register that was wrong", "none", f"x{first['register']}" if first else "none")
    trial.expect("rounds played", rounds, found.get("rounds", 0))


@test(points=8, title="hart masks by the book", look="sbi/sbi.c: sbi_hart_mask")
def masks(trial):
    harts = trial.random.randrange(4, 8)
    base = trial.random.randrange(1, harts - 2)
    some = trial.random.randrange(1, 1 << harts) | 2
    send_ipis(trial, harts, [
        (1 << base, 0, 1 << base), (1, base, 1 << base), (some, 0, some), (0b11, base, 0b11 << base),
        (trial.random.randrange(1 << harts), MASK, (1 << harts) - 1), (0, 0, 0),
        (1, harts, None), (1 << harts, 0, None), (some, harts - 1, None)])


def send_ipis(trial, harts, sets):
    """sets: (mask, base, the harts that are named, as bits; None: one of them is not there)."""
    args = f"calls={len(sets)} " + " ".join(f"mask{number}={mask} base{number}={base}"
                                            for number, (mask, base, _) in enumerate(sets))
    seen = trial.run(top(pcpus=2, time="1s") + vm("a", "lab03_masks", vcpus=harts, args=args))
    for (mask, base, named), got in zip(sets, evidence(trial, seen)["sent"]):
        shown = "-1" if base == MASK else f"{base:#x}"
        trial.expect(f"mask {mask:#b}, base {shown}: a0, who is interrupted",
                     show_set(0, named) if named is not None else show_set(NO_HART, 0),
                     show_set(got["error"], got["reached"]))


def show_set(error, harts):
    names = [str(number) for number in range(64) if harts >> number & 1]
    return f"{error}; " + (" ".join(names) or "nobody")


LOADS = {"lb": -1, "lbu": 0, "lh": 0, "lhu": 0, "lw": 0, "lwu": 0, "ld": 0, "c-lw": 0, "c-ld": 0}    # -1: sign is seen
STORES = ("sb", "sh", "sw", "sd", "c-sw", "c-sd")


@test(points=10, title="loads and stores of a device, wide, narrow and compressed", look="hyp/dev/device.c: perform",
      gdb=("break perform",))
def loads(trial):
    byte, word = trial.random.randrange(0x80, 0x100), trial.random.getrandbits(62)
    found = access_device(trial, byte, word)
    for name, sign in LOADS.items():
        expect_access(trial, name, found[name], "got", (byte | sign << 8) & MASK)
    for name in STORES:
        expect_access(trial, name, found[name], "left", word & 0xff)
    play_alone(trial, "device")    # the UART answers with one byte, whatever the width


def access_device(trial, byte, word):
    return evidence(trial, trial.run(top(pcpus=1, time="500ms") +
                                     vm("a", "lab03_device", args=f"byte={byte} word={word}")))


def expect_access(trial, name, found, key, value):
    what = "the register" if key == "got" else "the device"
    trial.expect(f"{name}: {what} holds; instructions executed behind it", f"{value:#x}; {STEPS}",
                 f"{found[key]:#x}; {found['steps']}")
