# SPDX-License-Identifier: MIT
"""`stint vms`: who there is, and where everybody is."""
from . import images, target
from .command import Command, memory, milliseconds, table
from .hypervisor import Hypervisor, image
from .registers import at_the_door, registers_of

PAGE = 4096
STIE = 1 << 5
NEVER = (1 << 64) - 1


class Vms(Command):
    """stint vms - the VMs, what they hold, and where their VCPUs are
A VM: waiting (for its start time), running, paused, stopped or crashed, and why. Memory held: pages of RAM it has
touched so far, and of tables. A VCPU: running (in the guest, or the hypervisor works for it), runnable (wants a pCPU),
parked (out of its cap), blocked (until when), offline."""

    name = "vms"

    def run(self, words):
        if words:
            raise self.usage()
        hypervisor = Hypervisor()
        rows = [("VM", "state", "VMID", "guest", "memory held", "VCPU", "where")]
        for vm in hypervisor.vms:
            held = f"{memory(vm.stats.pages * PAGE)} of {memory(vm.stats.memory)}"
            left = (vm.name, vm.state, str(vm.stats.vmid), vm.guest, held)
            for vcpu in vm.vcpus:
                rows.append(left + (vcpu.name, whereabouts(hypervisor, vcpu)))
                left = ("",) * len(left)
        table(rows)
        for vm in hypervisor.vms:
            if vm.why:
                print(f"{vm.name} is {vm.state}: {vm.why}")
        print(f"{milliseconds(hypervisor.milliseconds(hypervisor.run_time()))} since the start of the run; "
              f"scheduler {hypervisor.snapshot.shared.sched.decode()}")


def whereabouts(hypervisor, vcpu):
    """One VCPU's runstate, and what it means right now."""
    since = max(vcpu.value["since"], hypervisor.shared.start_time)
    age = f"for {milliseconds(hypervisor.milliseconds(max(hypervisor.now - since, 0)))}"
    pcpu = hypervisor.pcpu_with(vcpu)
    if pcpu is not None:
        return f"{vcpu.runstate} on pCPU {pcpu['id']} {age}, {doing(hypervisor, pcpu, vcpu)}"
    if vcpu.runstate == "runnable":
        return f"runnable {age}, waits for pCPU {vcpu.value['sched']['pcpu']}"
    if vcpu.runstate == "blocked":
        return f"blocked {age}, {until(hypervisor, vcpu)}"
    return f"{vcpu.runstate} {age}"


def doing(hypervisor, pcpu, vcpu):
    hart = target.harts().get(pcpu["hart"])
    if hart is None:
        return f"hart {pcpu['hart']} is not one of gdb's threads"
    if hart.in_guest or at_the_door(hart, vcpu):
        found = registers_of(hypervisor, vcpu)
        name = images.name_of(images.of(vcpu.vm), found.pc)
        mode = "VU-mode" if found.user else "VS-mode"
        return f"in {mode} at {found.pc:#x}{' ' + name if name else ''}"
    if hart.in_firmware:
        return "the firmware works on its hart"
    return f"the hypervisor works for it, in {images.name_of(image(), hart.read('pc')) or 'code unknown'}"


def until(hypervisor, vcpu):
    """What ends a blocked VCPU's sleep."""
    vs = vcpu.value["vs"]
    if not vs["vsie"] & STIE or vs["vstimecmp"] == NEVER:
        return "waits for an interrupt"
    return f"waits for an interrupt; {due(hypervisor, vcpu, vs['vstimecmp'])}"


def due(hypervisor, vcpu, vstimecmp):
    """When the guest's timer fires, from now."""
    if vstimecmp == NEVER:
        return "no timer set"
    guest_now = hypervisor.now + vcpu.vm.stats.htimedelta & NEVER
    distance = hypervisor.milliseconds(vstimecmp - guest_now)
    if distance > 0:
        return f"its timer is due in {milliseconds(distance)}"
    return f"its timer has been due for {milliseconds(-distance)}"
