# SPDX-License-Identifier: MIT
"""An exit in words, told from the CSRs of the hart that is at the first instruction of guest_exit."""
from dataclasses import dataclass
from functools import cached_property

import gdb

from stintlib import layout

from . import calls, csrs, images, target
from .code import instruction_at
from .registers import Registers, registers_of

ILLEGAL, ECALL_VS, FETCH, LOAD, VIRTUAL, STORE = 2, 10, 20, 21, 22, 23
GUEST_PAGE_FAULTS = {FETCH: "fetch", LOAD: "load", STORE: "store"}
SOFTWARE, TIMER = csrs.INTERRUPT | 1, csrs.INTERRUPT | 5
WFI = 0x10500073
FS = 3 << 13
WALK_READ, WALK_WRITE = 0x3000, 0x3020    # htinst: an access of the VS-stage page table walk itself
KINDS = layout.EXITS


@dataclass
class Exit:
    """One exit, before the hypervisor has done anything about it."""
    hypervisor: object
    pcpu: dict
    vcpu: object
    registers: Registers
    scause: int
    stval: int
    htval: int
    htinst: int

    @property
    def gpa(self):
        return self.htval << 2 | self.stval & 3

    @cached_property
    def kind(self):
        """As the hypervisor will count it: one of KINDS."""
        if self.scause == ECALL_VS:
            return "ecall"
        if self.scause in GUEST_PAGE_FAULTS:
            device = self.vcpu.vm.place(self.gpa) not in ("ram", "nothing")
            return "mmio" if device and self.htinst not in (WALK_READ, WALK_WRITE) else "fault"
        if self.scause == VIRTUAL:
            return "wfi" if self.stval == WFI and not self.registers.user else "csr"
        if self.scause == ILLEGAL:
            return "fp" if self.registers.vs["vsstatus"] & FS and not self.registers.sstatus & FS else "csr"
        if self.scause == TIMER:
            return "beat" if self.due() == ["the beat"] else "timer"
        return "kick" if self.scause == SOFTWARE else "other"

    def due(self):
        """What the pCPU's timer was set for and is due by now."""
        names = {"slice_end": "the slice", "beat_end": "the beat"}
        found = [word for name, word in names.items() if self.pcpu.get(name, csrs.INTERRUPT) <= self.hypervisor.now]
        return found or ["a deadline of somebody else"]

    def lines(self):
        """What there is to say, the most important first."""
        found, vcpu = self.registers, self.vcpu
        image = images.of(vcpu.vm)
        if image:
            images.show(image.path)    # gdb names what an instruction refers to
        name = images.name_of(image, found.pc)
        when = self.hypervisor.milliseconds(self.hypervisor.run_time())
        yield f"{vcpu.name} exits on pCPU {self.pcpu['id']}, {when:.3f} ms into the run: {self.summary()}"
        yield f"  scause {self.scause:#x}: {csrs.cause(self.scause)}; counted as '{self.kind}'"
        yield (f"  pc {found.pc:#x}{' ' + name if name else ''}{f' ({image.name})' if image else ''}, "
               f"{'VU' if found.user else 'VS'}-mode")
        yield f"  instruction {instruction_at(vcpu.vm, found.pc, found.vs['vsatp'])}"
        yield from self.more()

    def summary(self):
        if self.kind == "ecall":
            return f"SBI call {calls.describe(self.registers.x)}"
        if self.kind in ("timer", "beat"):
            return f"the pCPU's timer, {' and '.join(self.due())} is due"
        return {
            "kick": "another pCPU wants attention",
            "wfi": "WFI, it waits for an interrupt",
            "mmio": f"{self.deed()} of the {self.vcpu.vm.place(self.gpa)} (a device that is emulated)",
            "fault": self.ram_fault(),
            "csr": "an instruction or a CSR that it may not use" if self.scause == VIRTUAL else "illegal instruction",
            "fp": "floating point, for the first time since it came in",
        }.get(self.kind, "an exit that nothing should cause")

    def deed(self):
        return GUEST_PAGE_FAULTS.get(self.scause, "")

    def ram_fault(self):
        if self.scause not in GUEST_PAGE_FAULTS:
            return ""
        if self.vcpu.vm.place(self.gpa) == "ram":
            return f"{self.deed()} of RAM that was not touched before"
        return f"{self.deed()} where neither RAM nor a device is: the VM will be ended"

    def more(self):
        if self.scause in GUEST_PAGE_FAULTS:
            place = self.vcpu.vm.place(self.gpa)
            yield f"  GVA {self.stval:#x} -> GPA {self.gpa:#x}: {'RAM' if place == 'ram' else place}"
            if self.htinst in (WALK_READ, WALK_WRITE):
                yield "  htinst: it was the walk of the guest's own page tables that needed this GPA"
            elif self.htinst:
                yield f"  htinst {self.htinst:#x}: the instruction, its address offset taken out"
        elif self.scause in (ILLEGAL, VIRTUAL):
            yield f"  stval {self.stval:#x}: the instruction itself"


def exit_here(hypervisor):
    """The one that the selected hart has just made."""
    hart = target.this_hart()
    pcpu = hypervisor.pcpu_of_hart(hart.number)
    vcpu = hypervisor.vcpu_at(hart.read("sscratch"))
    if vcpu is None or pcpu is None:
        raise gdb.GdbError(f"hart {hart.number} stopped at guest_exit, but sscratch is no VCPU's.")
    cause = hart.read("scause", "stval", "htval", "htinst")
    return Exit(hypervisor, pcpu, vcpu, registers_of(hypervisor, vcpu), *cause)
