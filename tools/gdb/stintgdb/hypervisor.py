# SPDX-License-Identifier: MIT
"""What the hypervisor knows at this moment: VMs, VCPUs, pCPUs. Its own structures are read by the field names of
the debug information, the shared region by stintlib, and times are brought up to now as in a report."""
from functools import cached_property
from pathlib import Path

import gdb

from stintlib import layout
from stintlib.errors import CannotRun
from stintlib.ram import text_of
from stintlib.report import close_pcpu, close_vcpu, closing_time
from stintlib.shared import take_snapshot

from . import images, target

ELF = "stint.elf"
NOT_YET = ("The hypervisor has not made its VMs yet. To get there: 'tbreak vm_begin_all' and 'continue', "
           "or 'stint exit'.")


def symbol(name):
    """A global of the hypervisor (a guest may have one of the same name)."""
    found = elf().lookup_global_symbol(name) or elf().lookup_static_symbol(name)
    if found is None:
        raise gdb.GdbError(f"The hypervisor has no '{name}': {ELF} and these commands are not of one tree.")
    return found.value()


def elf():
    try:
        return gdb.lookup_objfile(ELF)
    except ValueError:
        raise gdb.GdbError("gdb has no symbols of the hypervisor: 'file build/hyp/stint.elf'.") from None


def address_of(function):
    """Of assembly's functions, too, of which the debug information knows nothing."""
    return image().find(function)


def image():
    return images.load(Path(elf().filename))


def begun():
    """Are there VMs yet?"""
    return target.Memory().read(layout.SHARED_BASE, len(layout.SHARED_MAGIC)) == layout.SHARED_MAGIC


class Vcpu:
    """stats: its row of the shared region. value: struct vcpu, as plain data."""

    def __init__(self, vm, number, stats):
        self.vm, self.id, self.stats = vm, number, stats
        self.index = vm.stats.first_vcpu + number
        self.name = f"{vm.name}/{number}"
        self.runstate = layout.name_of(layout.RUNSTATES, stats.state)

    @cached_property
    def value(self):
        return target.plain(self.vm.struct["vcpus"][self.id])

    @property
    def address(self):
        return int(self.vm.struct["vcpus"] + self.id)


class Vm:
    """stats: its row of the shared region. struct: its struct vm, as gdb has it."""

    def __init__(self, hypervisor, number, stats):
        self.hypervisor, self.number, self.stats = hypervisor, number, stats
        self.name, self.guest = text_of(stats.name), text_of(stats.guest)
        self.state = layout.name_of(layout.VM_STATES, stats.state)
        self.why = text_of(stats.why)
        self.struct = hypervisor.vm_structs[number]
        self.vcpus = [Vcpu(self, n, row) for n, row in enumerate(hypervisor.snapshot.vcpus_of(stats))]

    def hgatp(self):
        """The value that puts its G-stage tables in force. An error while it has none."""
        if self.stats.hgatp:
            return self.stats.hgatp
        if self.state == "waiting":
            raise gdb.GdbError(f"VM {self.name} has not started yet: it has no RAM and no page tables.")
        raise gdb.GdbError(f"VM {self.name} is {self.state} ({self.why}): its RAM and its page tables were freed.")

    def place(self, gpa):
        """What the guest finds there: 'ram', 'nothing', or a device's name."""
        if layout.RAM_BASE <= gpa < layout.RAM_BASE + self.stats.memory:
            return "ram"
        return next((name for name, base, size in self.hypervisor.devices if base <= gpa < base + size), "nothing")


class Hypervisor:
    """Read once, from a machine that stands still; when it goes on, a new one is needed."""

    def __init__(self):
        self.snapshot = self._snapshot()
        self.shared = self.snapshot.shared
        with target.physical():
            self.vm_structs = [symbol("vms")[n] for n in range(self.shared.vms)]
            for struct in self.vm_structs:
                struct.fetch_lazy()
        self.vms = [Vm(self, number, stats) for number, stats in enumerate(self.snapshot.vms)]
        self.vcpus = [vcpu for vm in self.vms for vcpu in vm.vcpus]
        self.pcpus = [target.plain(symbol("pcpus")[n]) for n in range(self.shared.pcpus)]
        self.now = target.host_time()

    @staticmethod
    def _snapshot():
        try:
            snapshot = take_snapshot(target.Memory())
        except CannotRun as error:
            raise gdb.GdbError(str(error)) from None
        if snapshot is None:
            raise gdb.GdbError(NOT_YET)
        if snapshot.end == "refused":
            raise gdb.GdbError(f"The hypervisor refused the scenario: {snapshot.message}")
        return snapshot

    @cached_property
    def devices(self):
        """(name, base, bytes) of what every guest finds beside its RAM: all the hypervisor's NAME_device."""
        with target.physical():
            rows = [symbol(name) for name in image().addresses if name.endswith("_device")]
            return [(row["name"].string(), int(row["base"]), int(row["bytes"])) for row in rows]

    def vm(self, name):
        for vm in self.vms:
            if vm.name == name:
                return vm
        raise gdb.GdbError(f"There is no VM '{name}'. There are: {', '.join(vm.name for vm in self.vms)}.")

    def vm_of_vmid(self, vmid):
        return next((vm for vm in self.vms if vm.stats.vmid == vmid), None)

    def vcpu(self, word):
        """By index, by VM/id, or by the name of a VM that has only one."""
        if word.isdecimal():
            if int(word) < len(self.vcpus):
                return self.vcpus[int(word)]
            raise gdb.GdbError(f"There is no VCPU {word}: they are 0 to {len(self.vcpus) - 1} ({self._names()}).")
        name, slash, number = word.partition("/")
        vm = self.vm(name)
        if not slash and len(vm.vcpus) == 1:
            return vm.vcpus[0]
        if not number.isdecimal() or int(number) >= len(vm.vcpus):
            raise gdb.GdbError(f"'{word}' is not one VCPU. Those of {name}: {', '.join(v.name for v in vm.vcpus)}.")
        return vm.vcpus[int(number)]

    def _names(self):
        return ", ".join(vcpu.name for vcpu in self.vcpus[:8]) + (", ..." if len(self.vcpus) > 8 else "")

    def vcpu_at(self, address):
        """The one whose struct vcpu is there, or None."""
        return next((vcpu for vcpu in self.vcpus if vcpu.address == address), None)

    def pcpu_of_hart(self, number):
        return next((pcpu for pcpu in self.pcpus if pcpu["hart"] == number), None)

    def pcpu_with(self, vcpu):
        """The pCPU on which it is current, or None."""
        return next((pcpu for pcpu in self.pcpus if pcpu["current"] == vcpu.address), None)

    def milliseconds(self, ticks):
        return ticks * 1000 / self.shared.timebase_hz

    def run_time(self):
        """Ticks since the start of the run."""
        return max(self.now - self.shared.start_time, 0)

    def times(self, vcpu):
        """Its ticks by runstate up to now, and those of the hypervisor on its behalf."""
        elapsed = max(closing_time(self.snapshot, self.now) - self.shared.start_time, 0)
        pcpu = close_pcpu(self.snapshot.pcpus[vcpu.stats.pcpu], elapsed)
        ticks, hyp = close_vcpu(vcpu.stats, elapsed, pcpu)
        return dict(zip(layout.RUNSTATES, ticks)), hyp
