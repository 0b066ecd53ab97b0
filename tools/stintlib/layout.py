# SPDX-License-Identifier: MIT
"""The layouts of include/stint/{trace,guest,shared}.h, as ctypes.

tests/tools/test_layout.py compiles the headers and compares every size, offset and number with what stands
here. Names of enum members are the C names without their common beginning, in lower case.
"""
from ctypes import (LittleEndianStructure, LittleEndianUnion, c_char, c_int64, c_uint16, c_ubyte,
                    c_uint32, c_uint64, sizeof)

RAM_BASE = 0x80000000
SHARED_BASE = 0x80600000
SHARED_MAGIC = b"STINTRAM"
SHARED_VERSION = 3
MAX_PCPUS = 8
MAX_VMS = 64
MAX_VM_VCPUS = 32
MAX_VCPUS = 256
MOST_PCPUS, MOST_VMS, MOST_VCPUS = 1024, 16384, 16384    # the simulator's (sched/sim/build.mk): no file has more
MAX_SCHEDS = 8
MAX_COMMANDS = 64

AREA_MAGIC = b"STINTGST"
AREA_VERSION = 3
AREA_MAX = 1024 * 1024
AREA_RINGS = 32
AREA_VALUES = 512
AREA_TASKS = 64
AREA_MARK = 16

NO_VCPU = 0xFFFF
NO_TASK = 0xFFFFFFFF

PCPU_STATES = ("guest", "hyp_vcpu", "hyp_self", "idle")
RUNSTATES = ("running", "runnable", "parked", "blocked", "offline")
EXITS = ("ecall", "timer", "kick", "wfi", "mmio", "fault", "csr", "fp", "beat", "other")
VM_STATES = ("waiting", "running", "stopped", "crashed", "paused")
ENDS = ("not", "time", "stopped", "stuck", "refused", "panic")
VALUE_KINDS = ("none", "number", "text", "signed")
WAKES = ("timer", "ipi", "start", "resume", "console")
MIGRATIONS = ("wake", "steal", "affinity", "switch")
FENCES = ("gvma", "vvma", "i")
FENCE_WHYS = ("moved", "sibling", "unmap", "guest", "new_vmid")

EVENTS = {
    "exit": 1, "run": 2, "leave": 3, "wake": 4, "migrate": 5, "fence": 6, "vm": 7, "delta": 8, "kick": 9,
    "vcpu": 10, "park": 11, "sched": 12, "sched_set": 13, "task_run": 0x100, "task_ready": 0x101,
    "task_sleep": 0x102, "task_exit": 0x103, "job_release": 0x104, "job_done": 0x105, "progress": 0x106, "lock": 0x107,
}


class Event(LittleEndianStructure):
    _fields_ = [("time", c_uint64), ("type", c_uint16), ("vcpu", c_uint16), ("arg", c_uint32),
                ("a", c_uint64), ("b", c_uint64)]


class Shared(LittleEndianStructure):
    _fields_ = [("magic", c_char * 8), ("version", c_uint32), ("end", c_uint32),
                ("pcpus", c_uint32), ("vms", c_uint32), ("vcpus", c_uint32),
                ("timebase_hz", c_uint32), ("ring_slots", c_uint32), ("boot_hart", c_uint32),
                ("pcpus_offset", c_uint64), ("vms_offset", c_uint64), ("vcpus_offset", c_uint64),
                ("rings_offset", c_uint64), ("areas_offset", c_uint64), ("bytes", c_uint64),
                ("start_time", c_uint64), ("end_time", c_uint64),
                ("boot_instret", c_uint64), ("entry_instret", c_uint64),
                ("pages_total", c_uint64), ("pages_free", c_uint64),
                ("sched", c_char * 16), ("message", c_char * 512), ("scheds", (c_char * 16) * MAX_SCHEDS),
                ("commands", c_uint64), ("commands_offset", c_uint64)]


class Command(LittleEndianStructure):
    _fields_ = [("text", c_char * 64), ("why", c_char * 128), ("time", c_uint64), ("done", c_uint32),
                ("refused", c_uint32)]


class PcpuStats(LittleEndianStructure):
    _fields_ = [("ticks", c_uint64 * len(PCPU_STATES)), ("state", c_uint32), ("hart", c_uint32),
                ("trace_head", c_uint64), ("switches", c_uint64), ("kicks", c_uint64),
                ("vcpu", c_uint32), ("reserved", c_uint32 * 3)]


class VmStats(LittleEndianStructure):
    _fields_ = [("name", c_char * 32), ("guest", c_char * 64), ("why", c_char * 160),
                ("state", c_uint32), ("vmid", c_uint32), ("first_vcpu", c_uint32), ("vcpus", c_uint32),
                ("memory", c_uint64), ("pages", c_uint64), ("hgatp", c_uint64), ("htimedelta", c_uint64),
                ("area_offset", c_uint64), ("area_bytes", c_uint64), ("started", c_uint64),
                ("starts", c_uint64)]


class VcpuStats(LittleEndianStructure):
    _fields_ = [("vm", c_uint32), ("id", c_uint32), ("state", c_uint32), ("pcpu", c_uint32),
                ("ticks", c_uint64 * len(RUNSTATES)), ("hyp", c_uint64),
                ("run_base", c_uint64), ("hyp_base", c_uint64),
                ("switches", c_uint64), ("migrations", c_uint64), ("exits", c_uint64 * len(EXITS)),
                ("exit_ticks", c_uint64 * len(EXITS)), ("served", c_uint64)]


class _ValueUnion(LittleEndianUnion):
    _fields_ = [("number", c_uint64), ("signed_number", c_int64), ("text", c_char * 16)]


class Value(LittleEndianStructure):
    _anonymous_ = ("value",)
    _fields_ = [("name", c_char * 40), ("kind", c_uint32), ("reserved", c_uint32), ("value", _ValueUnion)]


class Area(LittleEndianStructure):
    _fields_ = [("magic", c_char * 8), ("version", c_uint32), ("bytes", c_uint32),
                ("rings", c_uint32), ("ring_slots", c_uint32), ("rings_offset", c_uint64),
                ("mark", c_ubyte * AREA_MARK),
                ("heads", c_uint64 * AREA_RINGS), ("task_names", (c_char * 16) * AREA_TASKS),
                ("values", Value * AREA_VALUES)]


def name_of(names, number):
    """The word for an enum's number; a number nobody has named stays a number."""
    return names[number] if number < len(names) else str(number)


EVENT_SIZE = sizeof(Event)
