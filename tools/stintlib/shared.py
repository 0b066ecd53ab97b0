# SPDX-License-Identifier: MIT
"""What the hypervisor says in its shared region (include/stint/shared.h), checked before anyone believes it."""
from ctypes import sizeof
from dataclasses import dataclass, field

from stintlib import layout
from stintlib.errors import CannotRun
from stintlib.layout import Command, PcpuStats, Shared, VcpuStats, VmStats
from stintlib.ram import text_of


@dataclass
class Snapshot:
    """The region at one moment. The tables are empty when nothing was started."""
    shared: Shared
    pcpus: list = field(default_factory=list)
    vms: list = field(default_factory=list)
    vcpus: list = field(default_factory=list)
    commands: list = field(default_factory=list)

    @property
    def end(self):
        return layout.name_of(layout.ENDS, self.shared.end)

    @property
    def message(self):
        return text_of(self.shared.message)

    @property
    def scheds(self):
        """The names of all schedulers, by the number that the trace gives them."""
        return [text_of(name) for name in self.shared.scheds if text_of(name)]

    def vcpus_of(self, vm):
        return self.vcpus[vm.first_vcpu:vm.first_vcpu + vm.vcpus]

    def last_change(self):
        """The latest instant that any account has been brought up to, in ticks."""
        grown = [sum(entry.ticks) for entry in self.pcpus + self.vcpus]
        return self.shared.start_time + max(grown, default=0)


def take_snapshot(ram):
    """The region as it is now, or None while the hypervisor has not marked it ready."""
    shared = ram.read_struct(Shared, layout.SHARED_BASE)
    if shared is None or shared.magic != layout.SHARED_MAGIC:
        return None
    if shared.version != layout.SHARED_VERSION:
        raise CannotRun(f"the hypervisor's shared region has version {shared.version}, this tool reads "
                        f"version {layout.SHARED_VERSION}: build both from one tree")
    snapshot = Snapshot(shared)
    if snapshot.end == "refused":
        return snapshot
    snapshot.pcpus = _table(ram, shared, PcpuStats, shared.pcpus, shared.pcpus_offset, layout.MOST_PCPUS)
    snapshot.vms = _table(ram, shared, VmStats, shared.vms, shared.vms_offset, layout.MOST_VMS)
    snapshot.vcpus = _table(ram, shared, VcpuStats, shared.vcpus, shared.vcpus_offset, layout.MOST_VCPUS)
    snapshot.commands = _table(ram, shared, Command, shared.commands, shared.commands_offset, layout.MAX_COMMANDS)
    _check(snapshot)
    return snapshot


def _table(ram, shared, kind, count, offset, most):
    size = sizeof(kind)
    _need(count <= most, f"{count} entries of {kind.__name__}, at most {most} are possible")
    _need(offset + count * size <= shared.bytes, f"{kind.__name__} at {offset:#x} is outside of the region")
    data = ram.read(layout.SHARED_BASE + offset, count * size)
    _need(data is not None, f"{kind.__name__} at {offset:#x} is outside of the machine's RAM")
    return [kind.from_buffer_copy(data, n * size) for n in range(count)]


def _check(snapshot):
    """Every number that the tool uses as an index or divides by."""
    shared = snapshot.shared
    _need(0 < shared.timebase_hz <= 1_000_000_000, f"timebase is {shared.timebase_hz} Hz")
    slots = shared.ring_slots
    _need(slots & (slots - 1) == 0, f"{slots} slots a ring is not a power of two")
    for pcpu in snapshot.pcpus:
        _need(pcpu.state < len(layout.PCPU_STATES), f"a pCPU is in state {pcpu.state}")
    for vm in snapshot.vms:
        _need(vm.first_vcpu + vm.vcpus <= len(snapshot.vcpus), "a VM has VCPUs that are not there")
    for vcpu in snapshot.vcpus:
        _need(vcpu.state < len(layout.RUNSTATES), f"a VCPU is in state {vcpu.state}")
        _need(vcpu.pcpu < len(snapshot.pcpus), f"a VCPU is on pCPU {vcpu.pcpu}, which is not there")
        _need(vcpu.vm < len(snapshot.vms), f"a VCPU is of VM {vcpu.vm}, which is not there")


def _need(condition, found):
    if not condition:
        raise CannotRun(f"the hypervisor's shared region is damaged: {found}")


def pcpu_rings(ram, snapshot):
    """For each pCPU its events, oldest first, and the number of those lost."""
    shared = snapshot.shared
    if not shared.ring_slots:
        return [(b"", 0)] * len(snapshot.pcpus)
    rings = []
    for number, pcpu in enumerate(snapshot.pcpus):
        offset = shared.rings_offset + number * shared.ring_slots * layout.EVENT_SIZE
        ring = ram.read_ring(layout.SHARED_BASE + offset, shared.ring_slots, pcpu.trace_head)
        _need(ring is not None, f"the ring of pCPU {number} is outside of the machine's RAM")
        rings.append(ring)
    return rings
