# SPDX-License-Identifier: MIT
"""Two-stage address translation, entry by entry, as hardware does it (Privileged spec, "Sv39: Page-Based 39-bit
Virtual-Memory System" and "Two-Stage Address Translation").

With both stages on, a table of the VS-stage lies at a guest physical address: every one of its entries takes a walk of
the G-stage to be found. Three levels each make 3 x (3 + 1) + 3 = 15 entries read for one access.
"""
from dataclasses import dataclass, field

V, R, W, X, U, A, D = 1, 2, 4, 8, 16, 64, 128
FLAGS = ((V, "V"), (R, "R"), (W, "W"), (X, "X"), (U, "U"), (32, "G"), (A, "A"), (D, "D"))
PAGE_BITS, SLOT_BITS, PTE_BYTES = 12, 9, 8
LEVELS = {8: 3, 9: 4, 10: 5}    # by the mode of vsatp and hgatp
GSTAGE_EXTRA = 2                # bits that the G-stage's root is wider


@dataclass
class Entry:
    """A page table entry that was read. address: of the entry, in the space its table lies in."""
    stage: str
    level: int
    index: int
    address: int
    hpa: int
    value: int
    leaf: bool
    target: int                  # the next table, or what the address became
    found_by: list = field(default_factory=list)    # G-stage entries on the way to it


@dataclass
class Walk:
    """result: an HPA, or None for the reason that is given."""
    entries: list = field(default_factory=list)    # of the VS-stage, then of the G-stage for what that came to
    gpa: int = None              # what the VS-stage came to, if it did
    result: int = None
    reason: str = ""
    refused: int = None          # the GPA that the G-stage does not translate, if that is the reason
    reads: int = 0


class Stop(Exception):
    """The walk ends without a translation; `refused` as in Walk."""

    def __init__(self, reason, refused=None):
        super().__init__(reason)
        self.refused = refused


def flags(value):
    """Those that are set; the two bits for software as a number."""
    words = [name for bit, name in FLAGS if value & bit]
    software = value >> 8 & 3
    return " ".join(words + ([f"RSW={software}"] if software else [])) or "all clear"


def page_of(value):
    return (value >> 10 & (1 << 44) - 1) << PAGE_BITS


def two_stage(gva, vsatp, hgatp, word):
    """Translates. word(hpa): the 64 bits there, or None. Fills and returns a Walk."""
    walk = Walk()
    try:
        walk.gpa = _vs_stage(walk, gva, vsatp, hgatp, word)
        walk.result = _g_stage(walk.entries, walk, walk.gpa, hgatp, word)
    except Stop as stop:
        walk.reason, walk.refused = str(stop), stop.refused
    return walk


def _vs_stage(walk, gva, vsatp, hgatp, word):
    mode = vsatp >> 60
    if mode == 0:
        return gva
    levels = _levels(mode, "vsatp")
    top = PAGE_BITS + SLOT_BITS * levels
    if gva >> top - 1 not in (0, (1 << 65 - top) - 1):
        raise Stop(f"GVA {gva:#x} is not one of Sv{top}: its bits {top - 1} to 63 differ, which is a page fault")

    def find(address, entries):
        return _g_stage(entries, walk, address, hgatp, word)

    return _descend(walk.entries, walk, "VS", gva, _root(vsatp), levels, 0, find, word)


def _g_stage(entries, walk, gpa, hgatp, word):
    mode = hgatp >> 60
    if mode == 0:
        return gpa
    levels = _levels(mode, "hgatp")
    bits = PAGE_BITS + SLOT_BITS * levels + GSTAGE_EXTRA
    if gpa >> bits:
        raise Stop(f"GPA {gpa:#x} has more than the {bits} bits of Sv{bits - GSTAGE_EXTRA}x4: a guest page fault", gpa)
    return _descend(entries, walk, "G", gpa, _root(hgatp), levels, GSTAGE_EXTRA, lambda address, _: address, word)


def _root(atp):
    return (atp & (1 << 44) - 1) << PAGE_BITS


def _levels(mode, name):
    if mode not in LEVELS:
        raise Stop(f"{name} has mode {mode}, which is none of Bare (0), 39 (8), 48 (9) and 57 bits (10)")
    return LEVELS[mode]


def _descend(entries, walk, stage, address, table, levels, extra, find, word):
    """From the root to the leaf. find(address of an entry, where to note it): its HPA."""
    for level in range(levels - 1, -1, -1):
        low = PAGE_BITS + SLOT_BITS * level
        wide = SLOT_BITS + (extra if level == levels - 1 else 0)
        index = address >> low & (1 << wide) - 1
        entry = Entry(stage, level, index, table + PTE_BYTES * index, None, None, False, None)
        if stage == "VS":
            entries.append(entry)    # before the G-stage's, which may not get there
        entry.hpa = find(entry.address, entry.found_by)
        entry.value = word(entry.hpa)
        if entry.value is None:
            raise Stop(f"at HPA {entry.hpa:#x}, where this entry should be, there is no memory")
        walk.reads += 1
        if stage == "G":
            entries.append(entry)
        entry.leaf = bool(entry.value & (R | W | X))
        _check(entry, stage, address)
        if entry.leaf:
            offset = (1 << low) - 1
            entry.target = page_of(entry.value) & ~offset | address & offset
            return entry.target
        entry.target = table = page_of(entry.value)
    raise AssertionError("level 0 is a leaf or has stopped the walk")


def _check(entry, stage, address):
    """Stops at an entry that hardware would not follow."""
    gpa = address if stage == "G" else None
    fault = "a guest page fault, which exits to the hypervisor" if stage == "G" else "a page fault, the guest's own"
    value = entry.value
    if not value & V:
        raise Stop(f"the level {entry.level} entry is not valid (V = 0): {fault}", gpa)
    if value & W and not value & R:
        raise Stop(f"the level {entry.level} entry has W without R, which is reserved: {fault}", gpa)
    if not entry.leaf and entry.level == 0:
        raise Stop(f"the level 0 entry has none of R, W, X, and no level is below it: {fault}", gpa)
    if entry.leaf and page_of(value) & (1 << PAGE_BITS + SLOT_BITS * entry.level) - 1:
        raise Stop(f"the level {entry.level} leaf maps a superpage that is not aligned to its size: {fault}", gpa)
    if entry.leaf and stage == "G" and not value & U:
        raise Stop(f"the leaf has no U, and the G-stage checks every access as if from user mode: {fault}", gpa)
