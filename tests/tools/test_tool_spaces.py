# SPDX-License-Identifier: MIT
"""G-stage tables walked from outside (stintlib.course.spaces), on memory made up here."""
import struct

import pytest

from stintlib.course.spaces import A, D, R, U, V, W, X, read_space
from stintlib.layout import RAM_BASE

ROOT, MIDDLE, LAST, PAGE = (RAM_BASE + at for at in (0x4000, 0x8000, 0x9000, 0xA000))
LEAF = V | R | W | X | U | A | D
HGATP = 8 << 60 | 7 << 44
RAM = 2 << 30    # guest physical: where slot 2 of the root begins


class Memory:
    """Stands for the machine's RAM."""

    def __init__(self, size=0x10000):
        self.bytes = bytearray(size)

    def put(self, table, index, page, bits):
        struct.pack_into("<Q", self.bytes, table - RAM_BASE + 8 * index, page >> 12 << 10 | bits)

    def read(self, address, size):
        at = address - RAM_BASE
        return bytes(self.bytes[at:at + size]) if 0 <= at <= len(self.bytes) - size else None


@pytest.fixture
def memory():
    """One page of a guest's RAM."""
    memory = Memory()
    memory.put(ROOT, 2, MIDDLE, V)
    memory.put(MIDDLE, 0, LAST, V)
    memory.put(LAST, 5, PAGE, LEAF)
    return memory


def read(memory, root=ROOT):
    return read_space(memory, HGATP | root >> 12)


def test_good_tables(memory):
    space = read(memory)
    assert (space.mode, space.vmid, space.root, space.wrong) == (8, 7, ROOT, [])
    assert [(leaf.gpa, leaf.page, leaf.bits) for leaf in space.leaves] == [(RAM + 0x5000, PAGE, LEAF)]
    assert space.tables == {ROOT, ROOT + 0x1000, ROOT + 0x2000, ROOT + 0x3000, MIDDLE, LAST}
    assert space.find(RAM + 0x5FFF).page == PAGE and space.find(RAM + 0x6000) is None


def test_all_of_the_root_counts(memory):
    memory.put(ROOT, 2047, MIDDLE + 0x4000, V)
    memory.put(MIDDLE + 0x4000, 511, LAST + 0x4000, V)
    memory.put(LAST + 0x4000, 511, PAGE, LEAF)
    assert read(memory).leaves[-1].gpa == (1 << 41) - 4096


def test_a_root_beside_its_place(memory):
    space = read(memory, ROOT + 0x1000)
    assert space.root == ROOT and "not aligned" in space.wrong[0]


@pytest.mark.parametrize("table, index, page, bits, wrong", [
    (MIDDLE, 1, PAGE, V | U, "leads to a table, and has V U"),
    (ROOT, 2, MIDDLE, LEAF, "a page of 1024 MiB, and not aligned"),
    (ROOT, 3, 1 << 30, LEAF, "a page of 1024 MiB"),
    (MIDDLE, 0, LAST, LEAF, "a page of 2 MiB, and not aligned"),
    (MIDDLE, 1, LAST, V, "is used twice"),
    (MIDDLE, 1, 0, V, "where no RAM is"),
    (MIDDLE, 1, RAM_BASE + 0x10000, V, "where no RAM is"),
])
def test_what_hardware_would_not_take(memory, table, index, page, bits, wrong):
    memory.put(table, index, page, bits)
    assert wrong in read(memory).wrong[0]


def test_a_maze_comes_to_an_end():
    """Each entry of each table leads to another one: it takes no longer than so many tables."""
    size = 4 << 20
    memory = Memory(size)
    for at in range(0, size, 8):
        struct.pack_into("<Q", memory.bytes, at, (RAM_BASE + at * 512 % size) >> 12 << 10 | V)
    assert len(read(memory).wrong) <= 8
