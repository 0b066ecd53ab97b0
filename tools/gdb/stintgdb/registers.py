# SPDX-License-Identifier: MIT
"""Where a VCPU's registers are at this moment, and what they hold.

While it runs in guest mode (V = 1) they are in the hart, and what QEMU calls vsstatus, vsatp and so on is stale: the
guest's are called sstatus, satp. At the first instruction of guest_exit the general registers are still in the hart.
Then they are in struct vcpu; the VS CSRs stay in the hart until another VCPU comes in.
"""
from dataclasses import dataclass, field

from . import target
from .hypervisor import address_of

VS_CSRS = ("vsstatus", "vsie", "vstvec", "vsscratch", "vsepc", "vscause", "vstval", "vsatp")
SHARED_CSRS = ("hvip", "scounteren", "senvcfg")    # V makes no difference to these
GENERAL = ("zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "fp", "s1", "a0", "a1", "a2", "a3", "a4", "a5", "a6",
           "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6")
HVIP = 1 << 2 | 1 << 6 | 1 << 10    # what it holds; QEMU shows another bit, too, to gdb as well as to csrr
SSTATUS_SPP = 1 << 8
MSTATUS_MPV = 1 << 39
MSTATUS_MPP = 11


@dataclass
class Registers:
    """x: of the guest; None: the firmware has them. where: one line, where all this was found."""
    where: str
    pc: int
    x: list
    user: bool               # VU-mode rather than VS-mode
    sstatus: int             # HS-level
    hstatus: int
    vs: dict = field(default_factory=dict)


def registers_of(hypervisor, vcpu):
    pcpu = hypervisor.pcpu_with(vcpu)
    hart = target.harts().get(pcpu["hart"]) if pcpu else None
    found = _general(hart, vcpu)
    found.vs = _vs(hart, pcpu, vcpu)
    return found


def _general(hart, vcpu):
    saved = vcpu.value["regs"]
    if hart is None:
        return _saved(vcpu, "in its struct vcpu")
    with hart.selected():
        if hart.in_guest:
            return Registers(f"in hart {hart.number}, live: the guest runs", hart.read("pc"), list(hart.read(*GENERAL)),
                             hart.privilege == 4, saved["sstatus"], hart.read("hstatus"))
        if at_the_door(hart, vcpu):
            sstatus, hstatus, pc = hart.read("sstatus", "hstatus", "sepc")
            return Registers(f"in hart {hart.number}, live: the guest has just stopped", pc, list(hart.read(*GENERAL)),
                             not sstatus & SSTATUS_SPP, sstatus, hstatus)
        mstatus = hart.read("mstatus")
        if hart.in_firmware and mstatus & MSTATUS_MPV:
            return Registers(f"with the firmware, which has interrupted the guest on hart {hart.number}",
                             hart.read("mepc"), None, not mstatus >> MSTATUS_MPP & 1, saved["sstatus"],
                             hart.read("hstatus"))
        if address_of("guest_exit") < hart.read("pc") < address_of("guest_fetch16"):
            return _saved(vcpu, "just being saved: some of these are of the exit before. Step out of guest_exit")
    return _saved(vcpu, "in its struct vcpu, current")


def _saved(vcpu, where):
    saved = vcpu.value["regs"]
    return Registers(where, saved["pc"], saved["x"], not saved["sstatus"] & SSTATUS_SPP, saved["sstatus"],
                     saved["hstatus"])


def at_the_door(hart, vcpu=None):
    """Is the hart at the first instruction of a guest's exit (of this VCPU)? sscratch is 0 unless a guest stopped."""
    pc, scratch = hart.read("pc", "sscratch")
    if hart.in_guest or hart.in_firmware or pc != address_of("guest_exit") or not scratch:
        return False
    return vcpu is None or scratch == vcpu.address


def _vs(hart, pcpu, vcpu):
    """The VS CSRs, and under "source" where from."""
    values = dict(vcpu.value["vs"])
    values["source"] = "saved"
    values["hvip"] &= HVIP
    loaded = hart is not None and pcpu["loaded"] == vcpu.address and vcpu.runstate == "running"
    if not loaded:
        return values
    with hart.selected():
        names = [name[1:] if hart.in_guest else name for name in VS_CSRS]
        values.update(zip(VS_CSRS, hart.read(*names)))
        values.update(zip(SHARED_CSRS, hart.read(*SHARED_CSRS)))
        values["hvip"] &= HVIP
        live = hart.vstimecmp()
        values["source"] = "live"
        if live is None:
            values["source"] = "live, but vstimecmp as it was when it came in"
        else:
            values["vstimecmp"] = live
    return values
