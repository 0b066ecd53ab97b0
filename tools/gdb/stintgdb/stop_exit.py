# SPDX-License-Identifier: MIT
"""`stint exit`: on to the next exit."""
import gdb

from . import target
from .command import Command
from .exits import KINDS, exit_here
from .hypervisor import Hypervisor, address_of, begun

OVER = "The run ended before such an exit."


class NextExit(Command):
    """stint exit [VM | VM/ID] [KIND] - runs on to the next exit, and says why the guest stopped
The machine then stands at the first instruction of guest_exit: registers are still the guest's. Only exits of that VM
or VCPU count, and of that kind: ecall timer kick wfi mmio fault csr fp beat other."""

    name = "exit"

    def run(self, words):
        target.need_machine()
        kind, who = self.sort(words)
        door = gdb.Breakpoint(f"*{address_of('guest_exit'):#x}", internal=True)
        door.silent = True
        try:
            found = None
            if who and not begun():    # names mean something once there are VMs: at the first exit of all
                found = self.search(door, Wanted(None, None))
                if found is None:
                    return
            wanted = Wanted(kind, who)
            if found is None or not wanted.fits(found):
                found = self.search(door, wanted)
        finally:
            if door.is_valid():
                door.delete()
        if found:
            print("\n".join(found.lines()))

    def sort(self, words):
        """The kind and the VM or VCPU among the words; None for what is not there."""
        kinds = [word for word in words if word in KINDS]
        others = [word for word in words if word not in KINDS]
        if len(kinds) > 1 or len(others) > 1:
            raise self.usage()
        return (kinds or [None])[0], (others or [None])[0]

    def search(self, door, wanted):
        """The exit, or None when something else stopped the machine first."""
        door.condition = wanted.condition()
        while True:
            hits = door.hit_count
            try:
                said = gdb.execute("continue", to_string=True)
            except gdb.error as error:
                said = str(error)
            if not gdb.selected_inferior().threads():
                raise gdb.GdbError(OVER)
            if door.hit_count == hits:
                print(f"Something else stopped the machine before such an exit.\n{said.strip()}")
                return None
            found = exit_here(Hypervisor())
            if wanted.fits(found):
                return found

    def choices(self, before):
        return list(KINDS) + [vm.name for vm in Hypervisor().vms]


class Wanted:
    """Which exits are looked for. The condition is gdb's to decide, and much faster than to come to a stop; what it
    cannot decide (a device or RAM?) `fits` does."""

    CAUSES = {"ecall": "$scause == 10", "wfi": "$scause == 22", "fp": "$scause == 2",
              "csr": "$scause == 2 || $scause == 22", "mmio": "$scause >= 20", "fault": "$scause >= 20",
              "timer": "$scause < 0", "beat": "$scause < 0", "kick": "$scause < 0"}    # interrupts have the top bit

    def __init__(self, kind, who):
        self.kind, self.vm, self.vcpu = kind, None, None
        if who and "/" in who:
            self.vcpu = Hypervisor().vcpu(who)
        elif who:
            self.vm = Hypervisor().vm(who)

    def condition(self):
        """A guest has stopped (sscratch says so), and all of what is wanted that gdb can tell."""
        terms = ["!($priv & 4)", "$sscratch != 0"]
        if self.vm:
            terms.append(f"(($hgatp >> 44) & 0x3fff) == {self.vm.stats.vmid}")
        if self.vcpu:
            terms.append(f"$sscratch == {self.vcpu.address:#x}")
        if self.kind in self.CAUSES:
            terms.append(f"({self.CAUSES[self.kind]})".replace("$scause", "(long)$scause"))
        return " && ".join(terms)

    def fits(self, found):
        return (self.kind in (None, found.kind) and (not self.vm or self.vm.name == found.vcpu.vm.name)
                and (not self.vcpu or self.vcpu.name == found.vcpu.name))
