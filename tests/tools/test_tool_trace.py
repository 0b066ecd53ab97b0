# SPDX-License-Identifier: MIT
import json
import random

import pytest

from fabricate import AREAS, RINGS, FakeRam, area, events, put_region, shared_region, two_on_one
from stintlib import layout
from stintlib.area import areas_of
from stintlib.errors import CannotRun
from stintlib.history import History
from stintlib.ram import Ram
from stintlib.shared import take_snapshot
from stintlib.trace import collect, read_trace, write_trace


@pytest.fixture
def trace(tmp_path):
    """Of a run in which the pCPU's ring wrapped and VM a has an area."""
    fake = FakeRam(tmp_path / "ram")
    pcpus, vms, vcpus = two_on_one()
    pcpus[0].trace_head = 18
    vms[0].area_offset, vms[0].area_bytes = AREAS, 0x10000
    put_region(fake, *shared_region(pcpus, vms, vcpus))
    ring = [(1000 + n, "exit", n % 2, 0, 0x80200000, 5) for n in range(18)]
    fake.put(layout.SHARED_BASE + RINGS, events(*ring[16:], *ring[2:16]))
    fake.put(layout.SHARED_BASE + AREAS, area(tasks=[b"spin"], heads=[1]))
    fake.put(layout.SHARED_BASE + AREAS + 0x9000, events((500, "task_run", 0, 0)))
    ram = Ram(fake.path)
    snapshot = take_snapshot(ram)
    yield collect(ram, snapshot, areas_of(ram, snapshot), "x")
    ram.close()


def test_written_and_read_back(trace, tmp_path):
    write_trace(trace, tmp_path / "t")
    again = read_trace(tmp_path / "t")
    assert again.header == trace.header and again.rings == trace.rings
    assert again.lost == 2 and [event.time for event in again.rings[0].events()] == list(range(1002, 1018))
    assert again.rings[1].info == {"of": "guest", "vm": 0, "vcpu": 0, "events": 1, "lost": 0}


def test_same_run_same_bytes(trace, tmp_path):
    write_trace(trace, tmp_path / "t")
    write_trace(trace, tmp_path / "u")
    assert (tmp_path / "t").read_bytes() == (tmp_path / "u").read_bytes()
    assert str(tmp_path).encode() not in (tmp_path / "t").read_bytes()


def test_files_that_are_no_traces(trace, tmp_path):
    write_trace(trace, tmp_path / "t")
    good = (tmp_path / "t").read_bytes()
    for bad in (b"", b"\n", b"{}\n", b"[1]\n", b"null\n", b"[" * 5000 + b"\n", good[:-1], good + b"x",
                good.replace(b'"pcpus":1', b'"pcpus":0'),
                good.replace(b'"pcpus":1', b'"pcpus":-1'), good.replace(b'"first_vcpu":1', b'"first_vcpu":9'),
                good.replace(b'"end":', b'"odd":'), b"\xff\xfe\n"):
        (tmp_path / "bad").write_bytes(bad)
        with pytest.raises(CannotRun, match="bad is not a trace"):
            read_trace(tmp_path / "bad")
    with pytest.raises(CannotRun, match="cannot be read"):
        read_trace(tmp_path / "none")


def test_random_changes_are_read_or_refused(trace, tmp_path):
    write_trace(trace, tmp_path / "t")
    good = (tmp_path / "t").read_bytes()
    rand = random.Random(9)
    for _ in range(500):
        bad = bytearray(good)
        for _ in range(rand.randrange(1, 6)):
            bad[rand.randrange(len(bad))] = rand.randrange(256)
        (tmp_path / "bad").write_bytes(bad)
        try:
            History(read_trace(tmp_path / "bad"))
        except CannotRun:
            pass


def test_header_is_one_line_of_json(trace, tmp_path):
    write_trace(trace, tmp_path / "t")
    header = json.loads((tmp_path / "t").read_bytes().split(b"\n", 1)[0])
    assert header["stint_trace"] == 1 and header["vms"][0]["tasks"] == ["spin"]


def test_cannot_write(trace, tmp_path):
    with pytest.raises(CannotRun, match="cannot be written"):
        write_trace(trace, tmp_path / "no" / "folder")
