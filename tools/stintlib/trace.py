# SPDX-License-Identifier: MIT
"""Trace files. One line of JSON, the header, then the events of all rings as they were in RAM, oldest first: 32
bytes each (struct stint_event of include/stint/trace.h), ring after ring in the header's order.

The header:
    stint_trace   1, the version of this format
    scenario, sched, timebase_hz, pcpus
    start, end    host ticks; the run lies between them
    scheds        names of the schedulers, by the number that events give them
    commands      what the operator asked for, by the number that events give it
    vms           [{name, guest, first_vcpu, vcpus, htimedelta, tasks: [name of task 0, …]}]
    rings         [{"of": "pcpu", "pcpu", events, lost}], then [{"of": "guest", "vm", "vcpu", events, lost}]

Events of a guest's ring carry guest time. Nothing in a trace depends on the host: two runs give the same bytes.
"""
import json
import struct
from collections import namedtuple
from dataclasses import dataclass

from stintlib import layout
from stintlib.errors import CannotRun
from stintlib.ram import text_of
from stintlib.report import closing_time
from stintlib.shared import pcpu_rings

VERSION = 1
MOST_HEADER = 1 << 24
Event = namedtuple("Event", "time type vcpu arg a b")
EVENT = struct.Struct("<QHHIQQ")
assert EVENT.size == layout.EVENT_SIZE


@dataclass
class Ring:
    info: dict
    data: bytes

    def events(self):
        return map(Event._make, EVENT.iter_unpack(self.data))


@dataclass
class Trace:
    header: dict
    rings: list

    def of(self, kind):
        return [ring for ring in self.rings if ring.info["of"] == kind]

    @property
    def lost(self):
        return sum(ring.info["lost"] for ring in self.rings)


def collect(ram, snapshot, areas, scenario, now=0):
    """The trace of a run, from the machine's RAM."""
    shared = snapshot.shared
    header = {
        "stint_trace": VERSION, "scenario": scenario, "sched": text_of(shared.sched),
        "timebase_hz": shared.timebase_hz, "pcpus": len(snapshot.pcpus),
        "start": shared.start_time, "end": closing_time(snapshot, now),
        "scheds": snapshot.scheds, "commands": [text_of(command.text) for command in snapshot.commands],
        "vms": [describe_vm(vm, areas.get(number)) for number, vm in enumerate(snapshot.vms)],
    }
    rings = [Ring({"of": "pcpu", "pcpu": number, "events": len(data) // EVENT.size, "lost": lost}, data)
             for number, (data, lost) in enumerate(pcpu_rings(ram, snapshot))]
    return Trace(header, rings + guest_rings(areas))


def describe_vm(vm, area):
    return {"name": text_of(vm.name), "guest": text_of(vm.guest), "first_vcpu": vm.first_vcpu, "vcpus": vm.vcpus,
            "htimedelta": vm.htimedelta, "tasks": area.tasks if area else []}


def guest_rings(areas):
    return [Ring({"of": "guest", "vm": vm, "vcpu": vcpu, "events": len(data) // EVENT.size, "lost": lost}, data)
            for vm, area in sorted(areas.items()) for vcpu, (data, lost) in enumerate(area.rings)]


def write_trace(trace, path):
    header = {**trace.header, "rings": [ring.info for ring in trace.rings]}
    try:
        with open(path, "wb") as out:
            out.write(json.dumps(header, separators=(",", ":")).encode() + b"\n")
            for ring in trace.rings:
                out.write(ring.data)
    except OSError as error:
        raise CannotRun(f"the trace cannot be written to {path}: {error.strerror}") from error


def read_trace(path):
    try:
        with open(path, "rb") as file:
            line = file.readline(MOST_HEADER)
            body = file.read()
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {error.strerror}") from error
    try:
        return parse_trace(line, body)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CannotRun(f"{path} is not a trace of 'stint run --trace': {error}") from error


def parse_trace(line, body):
    header = json.loads(line)
    if not isinstance(header, dict) or header.get("stint_trace") != VERSION:
        raise ValueError(f"its first line does not say stint_trace {VERSION}")
    rings, offset = [], 0
    for info in header.pop("rings"):
        size = _count(info["events"]) * EVENT.size
        rings.append(Ring(info, body[offset:offset + size]))
        offset += size
    if offset != len(body):
        raise ValueError(f"{len(body)} bytes of events, its header speaks of {offset}")
    _check_header(header, rings)
    return Trace(header, rings)


def _check_header(header, rings):
    for key in ("timebase_hz", "pcpus", "start", "end"):
        _count(header[key])
    if not 0 < header["timebase_hz"] <= 10 ** 9 or header["end"] < header["start"]:
        raise ValueError("its times make no sense")
    if header["pcpus"] > layout.MOST_PCPUS or len(rings) > layout.MOST_PCPUS + layout.MOST_VCPUS:
        raise ValueError("more pCPUs or rings than are possible")
    for key in ("scheds", "commands"):
        header[key] = [str(text) for text in header.get(key, [])]
    vcpus = 0
    for vm in header["vms"]:
        for key in ("first_vcpu", "vcpus", "htimedelta"):
            _count(vm[key])
        if vm["first_vcpu"] != vcpus or vm["vcpus"] > layout.MAX_VM_VCPUS:
            raise ValueError("its VCPUs make no sense")
        vcpus += vm["vcpus"]
        vm["name"], vm["tasks"] = str(vm["name"]), [str(name) for name in vm["tasks"]]
    for ring in rings:
        of_pcpu = ring.info["of"] == "pcpu"
        _count(ring.info["lost"])
        if _count(ring.info["pcpu" if of_pcpu else "vm"]) >= (header["pcpus"] if of_pcpu else len(header["vms"])):
            raise ValueError("a ring of somebody who is not there")
        if not of_pcpu:
            _count(ring.info["vcpu"])


def _count(value):
    if not isinstance(value, int) or not 0 <= value < 1 << 64:
        raise ValueError(f"{value!r} where a number is due")
    return value
