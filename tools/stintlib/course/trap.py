# SPDX-License-Identifier: MIT
"""Where the harts of a machine that hangs are, by QEMU's registers; where the hypervisor failed, and what trap a guest
took: in words."""
import re

HART = re.compile(r"CPU#(\d+)")
PC = re.compile(r"^\s*pc\s+([0-9a-f]+)", re.MULTILINE)
PANIC_PC = re.compile(r"at pc 0x([0-9a-f]+)")
V = re.compile(r"^\s*V\s*=\s*(\d)", re.MULTILINE)
HYPERVISOR = range(0x80400000, 0x80600000)
INTERRUPT = 1 << 63
CAUSES = {
    0: "fetch from a misaligned address", 1: "fetch refused", 2: "illegal instruction", 3: "breakpoint",
    4: "misaligned load", 5: "load refused", 6: "misaligned store", 7: "store refused", 8: "ecall from user mode",
    12: "page fault of a fetch", 13: "page fault of a load", 15: "page fault of a store", INTERRUPT + 1: "IPI",
    INTERRUPT + 5: "timer interrupt",
}


def cause_name(cause):
    """A trap of a guest's own, as its kernel sees it."""
    return CAUSES.get(cause, f"scause {cause:#x}")


def explain_trap(trap):
    """What the frame of our bare guests reports of a trap that it did not expect: cause, tval, pc."""
    return f"{cause_name(trap['cause'])} at pc {trap['pc']:#x}, stval {trap['tval']:#x}"


def explain_harts(seen):
    """One line: each hart, and the function of the hypervisor that it is in."""
    parts = HART.split(seen.ended.harts)[1:]
    return "; ".join(f"hart {number} is {where(seen, text)}" for number, text in zip(parts[::2], parts[1::2]))


def explain_panic(seen):
    """What the hypervisor said, and which function its pc is in. One that is no part of it is a guest's: its exit was
    taken for a trap of the hypervisor."""
    said = seen.snapshot.message
    pc = PANIC_PC.search(said)
    if not pc:
        return said
    if int(pc[1], 16) in HYPERVISOR:
        return f"{said}: that is in {''.join(seen.source_of([int(pc[1], 16)])[:1])}"
    return f"{said}: no code of the hypervisor is there, but a guest's may be"


def where(seen, text):
    pc, virtual = PC.search(text), V.search(text)
    if not pc:
        return "nowhere known"
    address = int(pc[1], 16)
    if virtual and virtual[1] == "1":
        return "in a guest"
    if address in HYPERVISOR:
        return "in " + "".join(seen.source_of([address])[:1])
    return "in the firmware" if address < HYPERVISOR.start else f"at {address:#x}, where no code is"
