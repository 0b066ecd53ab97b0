# SPDX-License-Identifier: MIT
"""`stint exit`: on to the next exit."""
import gdb

from . import target
from .command import Command
from .exits import KINDS, exit_here
from .hypervisor import Hypervisor, address_of

OVER = "The run ended before such an exit."


class NextExit(Command):
    """stint exit [VM | VM/ID] [KIND] - runs on to the next exit, and says why the guest stopped
The machine then stands at the first instruction of guest_exit: registers are still the guest's. Only exits of that VM
or VCPU count, and of that kind: ecall timer kick wfi mmio fault csr fp beat other."""

    name = "exit"

    def run(self, words):
        target.need_machine()
        wanted = Wanted(words, self)
        door = gdb.Breakpoint(f"*{address_of('guest_exit'):#x}", internal=True)
        door.silent = True
        door.condition = wanted.condition()
        try:
            found = self.search(door, wanted)
        finally:
            if door.is_valid():
                door.delete()
        if found:
            print("\n".join(found.lines()))

    def search(self, door, wanted):
        """The exit, or None when something else stopped the machine first."""
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

    def __init__(self, words, command):
        self.kind = next((word for word in words if word in KINDS), None)
        who = [word for word in words if word not in KINDS]
        if len(who) > 1 or len(words) > 2:
            raise command.usage()
        self.who = None
        if who and "/" in who[0]:
            self.who = f"$sscratch == {Hypervisor().vcpu(who[0]).address:#x}"
        elif who:
            self.who = f"(($hgatp >> 44) & 0x3fff) == {Hypervisor().vm(who[0]).stats.vmid}"

    def condition(self):
        """In the hypervisor, not before the first guest, and what is wanted."""
        terms = ["!($priv & 4)", "$sscratch != 0"]
        if self.who:
            terms.append(self.who)
        if self.kind in self.CAUSES:
            terms.append(f"({self.CAUSES[self.kind]})".replace("$scause", "(long)$scause"))
        return " && ".join(terms)

    def fits(self, found):
        return self.kind in (None, found.kind)
