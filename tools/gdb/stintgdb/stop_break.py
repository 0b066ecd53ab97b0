# SPDX-License-Identifier: MIT
"""`stint break VM SYMBOL`: a breakpoint that is one VM's.

Addresses are virtual to a breakpoint, and all guests (and sometimes the hypervisor) have the same ones: so it asks at
every hit whether V = 1 and whose tables are in force.
"""
import gdb

from . import images
from .command import Command
from .hypervisor import Hypervisor


class Break(Command):
    """stint break VM SYMBOL - a breakpoint that stops in that VM only
SYMBOL is looked up in the VM's own image; 0xADDRESS works as well. It is an ordinary breakpoint with a condition:
'info breakpoints' lists it, 'delete' removes it."""

    name = "break"

    def run(self, words):
        if len(words) != 2:
            raise self.usage()
        vm = Hypervisor().vm(words[0])
        image = None if words[1][:1].isdigit() else images.need(vm)
        address = image.find(words[1]) if image else parse(words[1])
        vmid = vm.stats.vmid
        known = {bp.number for bp in gdb.breakpoints()}
        gdb.execute(f"break *{address:#x} if ($priv & 4) && (($hgatp >> 44) & 0x3fff) == {vmid}", to_string=True)
        number = next(bp.number for bp in gdb.breakpoints() if bp.number not in known)
        print(f"Breakpoint {number} at {address:#x}: {words[1]} in VM {vm.name} only (VMID {vmid}"
              f"{', ' + image.name if image else ''})")

    def choices(self, before):
        vms = Hypervisor().vms
        if not before:
            return [vm.name for vm in vms]
        vm = next((vm for vm in vms if vm.name == before[0]), None)
        image = images.of(vm) if vm and len(before) == 1 else None
        return sorted(image.addresses) if image else []


def parse(word):
    try:
        return int(word, 0)
    except ValueError:
        raise gdb.GdbError(f"'{word}' is neither a symbol nor an address as in 0x80200000.") from None
