# SPDX-License-Identifier: MIT
"""`stint exit`: on to the next exit.

The command is written in gdb's own language, with `continue` between two calls of this module: Ctrl-C is sure to end a
`continue` only where no Python waits for it.
"""
import gdb

from . import csrs, target
from .command import COMMANDS, Command
from .exits import KINDS, exit_here
from .hypervisor import Hypervisor, address_of, begun

HELP = """stint exit [VM | VM/ID] [KIND] - runs on to the next exit, and says why the guest stopped
The machine then stands at the first instruction of guest_exit: registers are still the guest's. Only exits of that VM
or VCPU count, and of that kind: ecall timer kick wfi mmio fault csr fp beat other."""

SCRIPT = f"""define stint exit
  if $argc == 0
    stint _begin
  end
  if $argc == 1
    stint _begin $arg0
  end
  if $argc == 2
    stint _begin $arg0 $arg1
  end
  if $argc > 2
    stint _begin $arg0 $arg1 $arg2
  end
  continue
  stint _report
end
document stint exit
{HELP}
end
"""

CAUSES = {
    "ecall": (10,), "wfi": (22,), "fp": (2,), "csr": (2, 22), "mmio": (20, 21, 23), "fault": (20, 21, 23),
    "timer": (csrs.INTERRUPT | 5,), "beat": (csrs.INTERRUPT | 5,), "kick": (csrs.INTERRUPT | 1,),
}    # what scause may be, to look no further when it is not
_now = {"stops": ()}


class Door(gdb.Breakpoint):
    """Stops at guest_exit, at the exit that is wanted, which `found` then holds."""

    def __init__(self, kind, who):
        super().__init__(f"*{address_of('guest_exit'):#x}", internal=True)
        self.silent = True
        self.kind, self.who = kind, who
        self.vm = self.vcpu = self.found = self.error = None

    def resolve(self):
        """Names mean something once there are VMs: at the first exit at the latest."""
        if self.who and "/" in self.who:
            self.vcpu = Hypervisor().vcpu(self.who)
        elif self.who:
            self.vm = Hypervisor().vm(self.who)
        self.who = None

    def stop(self):
        try:
            return self.is_wanted()
        except (gdb.error, gdb.GdbError) as error:
            self.error = error
        except KeyboardInterrupt:
            pass
        return True

    def is_wanted(self):
        privilege, scratch, cause, hgatp = target.this_hart().read("priv", "sscratch", "scause", "hgatp")
        if privilege & 4 or not scratch or self.kind in CAUSES and cause not in CAUSES[self.kind]:
            return False
        if self.who:
            self.resolve()
        if self.vm and self.vm.stats.vmid != csrs.vmid_of(hgatp) or self.vcpu and self.vcpu.address != scratch:
            return False
        found = exit_here(Hypervisor())
        if self.kind in (None, found.kind):
            self.found = found
        return self.found is not None


class End(gdb.Breakpoint):
    """Stops where the hypervisor is about to turn the machine off, while everything can still be looked at."""

    def __init__(self):
        super().__init__(f"*{address_of('machine_off'):#x}", internal=True)
        self.silent = True
        self.reached = False

    def stop(self):
        self.reached = not target.this_hart().in_guest
        return self.reached


def close():
    """Nothing stops for us any more. Returns what did."""
    stops, _now["stops"] = _now["stops"], ()
    for stop in stops:
        if stop.is_valid():
            stop.delete()
    return stops


class Begin(Command):
    """stint _begin - the first half of stint exit"""

    name = "_begin"

    def run(self, words):
        close()
        kinds = [word for word in words if word in KINDS]
        others = [word for word in words if word not in KINDS]
        if len(kinds) > 1 or len(others) > 1:
            raise gdb.GdbError("It is typed: stint exit [VM | VM/ID] [KIND]")
        door = Door((kinds or [None])[0], (others or [None])[0])
        _now["stops"] = door, End()
        if begun():
            try:
                door.resolve()
            except gdb.GdbError:
                close()
                raise


class Report(Command):
    """stint _report - the second half, when the machine has stopped for whatever reason"""

    name = "_report"
    needs_machine = False

    def run(self, words):
        door, end = close()
        if door.error:
            raise gdb.GdbError(str(door.error))
        if door.found:
            print("\n".join(door.found.lines()))
        elif end.reached:
            print("The run ended before such an exit. The machine is as it was at the end; 'continue' turns it off.")
        else:
            print("Something else stopped the machine before such an exit.")


def define():
    Begin()
    Report()
    gdb.execute(SCRIPT)
    COMMANDS["exit"] = HELP
