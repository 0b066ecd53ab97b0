# SPDX-License-Identifier: MIT
"""Symbols that follow the machine: when it stops in a guest, gdb gets the names of that guest's image.

`stint image GUEST FILE` says which file that is; tools/stint gdb does it for all guests of a scenario.
"""
from pathlib import Path

import gdb

from . import csrs, images, target
from .command import Command
from .hypervisor import Hypervisor

_known = {}    # by VMID


class Image(Command):
    """stint image GUEST FILE - FILE is the ELF file with the symbols of GUEST
GUEST is what the scenario calls it. Symbols of one guest are loaded at a time: at first those of the first image, then
of the one in which the machine stops."""

    name = "image"
    needs_machine = False

    def run(self, words):
        if len(words) != 2:
            raise self.usage()
        images.tell(words[0], Path(words[1]).expanduser().resolve())


def image_by_vmid(vmid):
    """(VM's name, its image) or None."""
    if vmid not in _known:
        vm = Hypervisor().vm_of_vmid(vmid)
        image = images.of(vm) if vm else None
        if image is None:
            return None
        _known[vmid] = vm.name, image
    return _known[vmid]


def on_stop(_event):
    """Nothing here may disturb a stop: what cannot be known is left as it is."""
    try:
        hart = target.this_hart()
        known = image_by_vmid(csrs.vmid_of(hart.read("hgatp"))) if hart.in_guest else None
        changed = known and images.show(known[1].path)
    except (gdb.error, gdb.GdbError, AttributeError, ValueError):
        return
    if changed:
        print(f"This is VM {known[0]}; gdb now has the symbols of {known[1].name}:")
        gdb.execute("frame")


gdb.events.stop.connect(on_stop)
