# SPDX-License-Identifier: MIT
"""Whatever stands in RAM, the tool says something sensible: it never falls over."""
import json
import random
import sys
from ctypes import sizeof

import pytest

from fabricate import AREAS, FakeRam, area, events, put_region, shared_region, two_commands, two_on_one
from stintlib import layout
from stintlib.area import areas_of, nest, read_area
from stintlib.console import Console, Progress, clean, last_lines
from stintlib.errors import CannotRun
from stintlib.layout import Area, Shared
from stintlib.ram import Ram, text_of
from stintlib.report import build_report
from stintlib.shared import pcpu_rings, take_snapshot
from stintlib.text import show_report
from stintlib.trace import collect

AREA = layout.SHARED_BASE + AREAS


@pytest.fixture
def fake(tmp_path):
    return FakeRam(tmp_path / "ram")


def read(fake, limit=0x10000):
    ram = Ram(fake.path)
    found = read_area(ram, AREA, limit)
    ram.close()
    return found


def test_good_area(fake):
    values = [(b"jobs", "number", 7), (b"late_max_ns", "signed", -3), (b"name", "text", b"sixteen letters!")]
    fake.put(AREA, area(values=values, tasks=[b"spin", b"", b"last"], heads=[2]))
    fake.put(AREA + 0x9000, events((10, "task_run", 0, 0), (20, "task_run", 0, 1)))
    found = read(fake)
    assert found.values == [("jobs", 7), ("late_max_ns", -3), ("name", "sixteen letters!")]
    assert found.tasks == ["spin", "", "last"]
    assert found.rings == [(events((10, "task_run", 0, 0), (20, "task_run", 0, 1)), 0)]


def test_ring_that_wrapped_is_read_oldest_first(fake):
    fake.put(AREA, area(slots=4, heads=[6]))
    ring = [(n, "progress", 0, 0) for n in range(6)]
    fake.put(AREA + 0x9000, events(ring[4], ring[5], ring[2], ring[3]))
    assert read(fake).rings == [(events(*ring[2:]), 2)]


@pytest.mark.parametrize("field, value", [
    ("version", 4), ("bytes", 0), ("bytes", 0xFFFFFFFF), ("rings", 33), ("rings", 0xFFFFFFFF), ("ring_slots", 3),
    ("ring_slots", 0), ("ring_slots", 0x80000000), ("rings_offset", 0xFFFFFFFFFFFFFFFF), ("rings_offset", 0x10000)])
def test_area_with_an_impossible_number(fake, field, value):
    bad = area(heads=[5])
    setattr(bad, field, value)
    fake.put(AREA, bad)
    found = read(fake)
    assert found.damage and not found.values and not found.rings


def test_no_area_without_magic_or_room(fake):
    assert read(fake) is None
    fake.put(AREA, area())
    assert read(fake, limit=sizeof(Area) - 1) is None
    assert read_area(Ram(fake.path), layout.RAM_BASE - 4096, 0x10000) is None
    assert read_area(Ram(fake.path), 1 << 63, 0x10000) is None


def test_random_bytes_as_an_area(fake):
    rand = random.Random(5)
    for _ in range(150):
        junk = bytearray(rand.randbytes(sizeof(Area)))
        good = bytes(area(rings=rand.randrange(40), slots=1 << rand.randrange(8)))
        keep = rand.choice((8, 12, 32))
        fake.put(AREA, good[:keep] + junk[keep:])
        found = read(fake)
        json.dumps(nest(found.values))


def test_words_of_a_guest_cannot_steer_the_terminal(tmp_path, capsys):
    assert text_of(b"a\x1b[2Jb\0junk") == "a?[2Jb" and clean(b"\x1b[31mred\x07\xff\r") == "?[31mred?\ufffd"
    log = tmp_path / "console.log"
    log.write_bytes(b"\nOpenSBI v1.5\n  ____\nBoot HART MEDELEG : 0x1\n\x1b[2Jhello\nunfini")
    console = Console(log, sys.stdout, Progress("x", 0, wanted=False))
    console.pump()
    assert capsys.readouterr().out == "?[2Jhello\n"
    console.pump(last=True)
    assert capsys.readouterr().out == "unfini\n"
    assert last_lines(log, 2) == "    ?[2Jhello\n    unfini"
    assert "nothing" in last_lines(tmp_path / "none")


def test_shared_region_that_is_not_ready(fake):
    assert take_snapshot(Ram(fake.path)) is None


@pytest.mark.parametrize("field, value", [
    ("version", 9), ("pcpus", layout.MOST_PCPUS + 1), ("vms", layout.MOST_VMS + 1), ("vcpus", layout.MOST_VCPUS + 1),
    ("commands", 65), ("timebase_hz", 0), ("ring_slots", 12), ("pcpus_offset", 1 << 63),
    ("vms_offset", 0xFFFFFFFFFFFF), ("bytes", 0)])
def test_shared_region_with_an_impossible_number(fake, field, value):
    put_region(fake, *shared_region(*two_on_one(), **{field: value}))
    with pytest.raises(CannotRun, match="version|damaged"):
        take_snapshot(Ram(fake.path))


def test_message_of_a_refusal(fake):
    put_region(fake, Shared(magic=layout.SHARED_MAGIC, version=layout.SHARED_VERSION, end=layout.ENDS.index("refused"),
                            message=b"x.conf:3: 'memry' is no key of a VM; did you mean 'memory'?"), [])
    snapshot = take_snapshot(Ram(fake.path))
    assert snapshot.end == "refused" and snapshot.message.startswith("x.conf:3: 'memry'")


def test_random_bytes_as_a_shared_region(fake):
    rand = random.Random(6)
    outcomes = set()
    for _ in range(300):
        header, tables = shared_region(*two_on_one(), two_commands())
        for _ in range(rand.randrange(4)):
            entries = rand.choice([[header], *(entries for _, entries in tables)])
            entry = rand.choice(entries)
            name, kind = rand.choice(entry._fields_)[:2]
            if isinstance(getattr(entry, name), int) and name not in ("start_time", "end_time"):
                setattr(entry, name, rand.choice((0, 1, 7, 1 << 15, (1 << 31) - 1, (1 << 63) - 1)))
        put_region(fake, header, tables)
        outcomes.add(outcome(fake))
    assert outcomes == {"report", "refused"}


def outcome(fake):
    """Everything that the command does with a run's RAM."""
    ram = Ram(fake.path)
    try:
        snapshot = take_snapshot(ram)
        areas = areas_of(ram, snapshot)
        report = build_report(snapshot, areas, "x", True)
        for pcpu in report["pcpus"]:
            assert sum(pcpu[key] for key in pcpu if key.endswith("_ns")) == report["elapsed_ns"]
        show_report(report, snapshot.end)
        collect(ram, snapshot, areas, "x")
        pcpu_rings(ram, snapshot)
        return "report"
    except CannotRun:
        return "refused"
    finally:
        ram.close()
