# SPDX-License-Identifier: MIT
"""Where the harts of a machine that hangs are: QEMU's registers, in words."""
import re

HART = re.compile(r"CPU#(\d+)")
PC = re.compile(r"^\s*pc\s+([0-9a-f]+)", re.MULTILINE)
V = re.compile(r"^\s*V\s*=\s*(\d)", re.MULTILINE)
HYPERVISOR = range(0x80400000, 0x80600000)


def explain_harts(seen):
    """One line: each hart, and the function of the hypervisor that it is in."""
    parts = HART.split(seen.ended.harts)[1:]
    return "; ".join(f"hart {number} is {where(seen, text)}" for number, text in zip(parts[::2], parts[1::2]))


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
