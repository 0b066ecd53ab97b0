# SPDX-License-Identifier: MIT
"""The G-stage tables of VMs as they lie in RAM when a run is over, walked from outside with hardware's eyes
(Privileged spec, "Two-Stage Address Translation"): what a guest could reach, and what is wrong with the tables."""
import struct
from dataclasses import dataclass, field

PAGE = 4096
SLOTS = 512
LEVELS = 3
ROOT_PAGES = 4                 # of a root of Sv39x4
SV39X4 = 8
V, R, W, X, U, A, D = 1, 2, 4, 8, 16, 64, 128
NAMES = {V: "V", R: "R", W: "W", X: "X", U: "U", A: "A", D: "D"}
MOST_LEAVES, MOST_TABLES, MOST_WRONG = 1 << 16, 4096, 8    # that are looked at


@dataclass(frozen=True)
class Leaf:
    """Guest physical page `gpa` is host physical page `page`."""
    gpa: int
    page: int
    bits: int


@dataclass
class Space:
    """All that hgatp leads to. wrong: what hardware would not take, in words."""
    hgatp: int
    leaves: list = field(default_factory=list)
    tables: set = field(default_factory=set)      # host physical addresses of their pages, the root's included
    wrong: list = field(default_factory=list)

    @property
    def mode(self):
        return self.hgatp >> 60

    @property
    def vmid(self):
        return self.hgatp >> 44 & 0x3FFF

    @property
    def root(self):
        """Hardware takes the two lowest bits of the root's page number for 0."""
        return (self.hgatp & ((1 << 44) - 1)) * PAGE & ~(ROOT_PAGES * PAGE - 1)

    def complain(self, what):
        if len(self.wrong) < MOST_WRONG:
            self.wrong.append(what)

    def find(self, gpa):
        """The leaf for that address, or None."""
        return next((leaf for leaf in self.leaves if leaf.gpa == gpa & -PAGE), None)


def bits_in_words(bits):
    return " ".join(name for bit, name in NAMES.items() if bits & bit)


def read_space(ram, hgatp):
    space = Space(hgatp)
    given = (hgatp & ((1 << 44) - 1)) * PAGE
    if given != space.root:
        space.complain(f"the root at {given:#x} is not aligned to its 16 KiB")
    for n in range(ROOT_PAGES):
        _read_table(ram, space, space.root + n * PAGE, LEVELS - 1, n * SLOTS << 30)
    return space


def _read_table(ram, space, address, level, gpa):
    data = ram.read(address, PAGE)
    if data is None:
        space.complain(f"the table for {gpa:#x} is at {address:#x}, where no RAM is")
        return
    space.tables.add(address)
    for index, pte in enumerate(struct.unpack(f"<{SLOTS}Q", data)):
        if pte & V and len(space.leaves) < MOST_LEAVES and len(space.tables) < MOST_TABLES:
            _read_entry(ram, space, pte, level, gpa + (index << 12 + 9 * level))


def _read_entry(ram, space, pte, level, gpa):
    page, bits = (pte >> 10 & ((1 << 44) - 1)) * PAGE, pte & 0xFF
    if level and not bits & (R | W | X):
        if bits & (U | A | D):
            space.complain(f"an entry for {gpa:#x} leads to a table, and has {bits_in_words(bits)}: only V may be set")
        elif page in space.tables:
            space.complain(f"the table at {page:#x} is used twice")
        else:
            _read_table(ram, space, page, level - 1, gpa)
        return
    if level:
        space.complain(f"an entry of level {level} for {gpa:#x} has {bits_in_words(bits)}: that is no table but a page "
                       f"of {1 << 12 + 9 * level >> 20} MiB" +
                       ("" if page % (PAGE << 9 * level) == 0 else ", and not aligned to its size"))
        return
    space.leaves.append(Leaf(gpa, page, bits))
