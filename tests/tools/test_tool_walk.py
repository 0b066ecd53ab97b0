# SPDX-License-Identifier: MIT
"""Two-stage translation and CSR fields, as gdb's stint commands show them, on page tables made up here."""
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "gdb"))
from stintgdb import calls, csrs                         # noqa: E402  (it needs the path)
from stintgdb.walk import A, D, R, U, V, W, X, flags, two_stage    # noqa: E402

SV39 = 8 << 60
LEAF = V | R | W | X | U | A | D
ROOT_G, ROOT_VS = 0x10000, 0x5000


class Tables:
    """Physical memory that holds nothing but page tables."""

    def __init__(self):
        self.words = {}

    def put(self, table, index, target, bits):
        self.words[table + 8 * index] = target >> 12 << 10 | bits

    def word(self, address):
        return self.words.get(address, 0) if address < 1 << 40 else None


def identity():
    """A G-stage that maps the first GiB to 4 GiB above, by one leaf of the root."""
    tables = Tables()
    tables.put(ROOT_G, 0, 4 << 30, LEAF)
    return tables


def walk(tables, gva, vsatp=0, hgatp=SV39 | 7 << 44 | ROOT_G >> 12):
    return two_stage(gva, vsatp, hgatp, tables.word)


def test_bare_guest_needs_the_g_stage_only():
    found = walk(identity(), 0x1234)
    assert (found.result, found.gpa, found.reads) == (0x100001234, 0x1234, 1)
    assert [entry.level for entry in found.entries] == [2]


def test_three_levels_each():
    tables = Tables()
    tables.put(ROOT_G, 2047, 0x20000, V)
    tables.put(0x20000, 511, 0x21000, V)
    for index, page in ((5, 0x5000), (6, 0x6000), (7, 0x7000), (8, 0x99000)):
        tables.put(0x21000, index, page, LEAF)
    high = 2047 << 30 | 511 << 21    # guest physical addresses need all of their 41 bits
    tables.put(0x5000, 1, high | 0x6000, V)
    tables.put(0x6000, 2, high | 0x7000, V)
    tables.put(0x7000, 3, high | 0x8000, V | R | A)
    found = walk(tables, 1 << 30 | 2 << 21 | 3 << 12 | 0xABC, SV39 | 5 << 44 | (high | 0x5000) >> 12)
    assert found.result == 0x99ABC and found.gpa == high | 0x8ABC
    assert found.reads == 15
    vs = [entry for entry in found.entries if entry.stage == "VS"]
    assert [(entry.level, entry.index, len(entry.found_by)) for entry in vs] == [(2, 1, 3), (1, 2, 3), (0, 3, 3)]
    assert vs[0].address == high | 0x5008 and vs[0].hpa == 0x5008


def test_superpages_keep_the_low_bits():
    tables = identity()
    tables.put(4 << 30 | ROOT_VS, 3, 0x200000, V)
    tables.put(4 << 30 | 0x200000, 4, 0x600000, V | R | X)
    found = walk(tables, 3 << 30 | 4 << 21 | 0x1FFFFF, SV39 | ROOT_VS >> 12)
    assert found.gpa == 0x7FFFFF and found.result == 4 << 30 | 0x7FFFFF


@pytest.mark.parametrize("bits, target, said", [
    (0, 0, "V = 0"), (V | W, 0, "W without R"), (V | R, 0x1000, "not aligned"), (V | R | X, 0, "has no U"),
])
def test_g_stage_stops(bits, target, said):
    tables = Tables()
    tables.put(ROOT_G, 0, target, bits)
    found = walk(tables, 0x1234)
    assert found.result is None and said in found.reason and "guest page fault" in found.reason
    assert found.gpa == found.refused == 0x1234 and found.reads == 1


def test_table_below_the_last_level():
    tables = Tables()
    for table, target in ((ROOT_G, 0x20000), (0x20000, 0x21000), (0x21000, 0x22000)):
        tables.put(table, 0, target, V)
    assert "none of R, W, X" in walk(tables, 0).reason


@pytest.mark.parametrize("gva", [1 << 38, 0x7000000000, 1 << 63])
def test_addresses_that_are_none(gva):
    found = walk(identity(), gva, SV39 | ROOT_VS >> 12)
    assert "bits 38 to 63 differ" in found.reason and found.reads == 0


def test_the_upper_half_is_an_address():
    assert "V = 0" in walk(identity(), (1 << 64) - 0x1000, SV39 | ROOT_VS >> 12).reason


def test_guest_physical_addresses_end():
    assert "41 bits" in walk(identity(), 1 << 41).reason


def test_a_guest_table_where_no_ram_is():
    """The G-stage stops the walk of the VS-stage, and says at which guest physical address."""
    found = walk(identity(), 0, SV39 | 0x80000000 >> 12)
    assert found.result is None and found.gpa is None and found.refused == 0x80000000
    assert found.entries[0].stage == "VS" and found.entries[0].value is None


def test_a_table_in_no_memory():
    tables = identity()
    tables.put(ROOT_G, 1, 1 << 40, V)
    assert "there is no memory" in walk(tables, 1 << 30).reason


def test_flags():
    assert flags(LEAF) == "V R W X U A D"
    assert flags(V | 1 << 8) == "V RSW=1"
    assert flags(0) == "all clear"


def test_fields_and_causes():
    vsstatus = 2 << 32 | 1 << 8 | 3 << 13 | 1 << 1
    assert csrs.fields("vsstatus", vsstatus) == "SIE=1 SPIE=0 SPP=S FS=dirty SUM=0 MXR=0 UXL=64"
    assert csrs.fields("hvip", 1 << 2) == "VSSIP=1 VSTIP=0 VSEIP=0"
    assert "VTW=1" in csrs.fields("hstatus", 1 << 21) and "VGEIN" not in csrs.fields("hstatus", 0)
    assert csrs.cause(1 << 63 | 5) == "supervisor timer interrupt"
    assert csrs.cause(21) == "load guest page fault"
    assert csrs.cause(1 << 63 | 40) == "interrupt 40, which has no name"
    assert csrs.hgatp(SV39 | 3 << 44 | 0x80A08) == "Sv39x4, VMID 3, root table at HPA 0x80a08000"
    assert csrs.vsatp(SV39 | 2 << 44 | 0x802D9) == "Sv39, ASID 2, root table at GPA 0x802d9000"
    assert csrs.vsatp(0).startswith("Bare")


def test_sbi_calls_by_name():
    x = [0] * 32
    x[10:14], x[16], x[17] = [12, 0x80201000, 0, 99], 0, 0x4442434E
    assert calls.describe(x) == "dbcn.console_write(num_bytes=0xc, base_addr_lo=0x80201000, base_addr_hi=0x0)"
    x[16] = 9
    assert calls.describe(x) == "dbcn, function 0x9: no function of this extension"
    x[17] = 0x1234
    assert "no extension that Stint knows" in calls.describe(x)
