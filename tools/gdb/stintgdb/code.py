# SPDX-License-Identifier: MIT
"""A guest's instructions, read through its own page tables and those of its VM, whatever mode the hart is in."""
import gdb
import gdb.disassembler

from . import target
from .walk import two_stage

_reading = {"vm": None, "vsatp": 0}


def read_guest(vm, gva, size, vsatp):
    """Bytes at GVA, or None where a stage does not translate it."""
    memory, data = target.Memory(), b""
    hgatp = vm.hgatp()
    while len(data) < size:
        hpa = two_stage(gva + len(data), vsatp, hgatp, memory.word).result
        part = None if hpa is None else memory.read(hpa, min(size - len(data), 4096 - hpa % 4096))
        if part is None:
            return None
        data += part
    return data


class GuestCode(gdb.disassembler.DisassembleInfo):
    """Code that is fetched by the guest's addresses."""

    def read_memory(self, length, offset=0):
        data = read_guest(_reading["vm"], self.address + offset, length, _reading["vsatp"])
        if data is None:
            raise gdb.MemoryError(f"no translation for GVA {self.address + offset:#x}")
        return data


class GuestDisassembler(gdb.disassembler.Disassembler):
    """Does nothing but while instruction_at works."""

    def __init__(self):
        super().__init__("stint")

    def __call__(self, info):
        return None if _reading["vm"] is None else gdb.disassembler.builtin_disassemble(GuestCode(info))


gdb.disassembler.register_disassembler(GuestDisassembler())


def instruction_at(vm, gva, vsatp):
    """Its bits and its text, or why there are none."""
    first = read_guest(vm, gva, 2, vsatp)
    size = 4 if first and first[0] & 3 == 3 else 2
    data = first and read_guest(vm, gva, size, vsatp)
    if not data:
        return f"unknown: GVA {gva:#x} is not translated ('stint walk {vm.name} {gva:#x}' says why)"
    _reading.update(vm=vm, vsatp=vsatp)
    try:
        text = gdb.selected_inferior().architecture().disassemble(gva)[0]["asm"]
    except gdb.error:
        text = "(gdb does not know it)"
    finally:
        _reading["vm"] = None
    return f"{int.from_bytes(data, 'little'):#0{2 + 2 * size}x}: {' '.join(text.split())}"
