# SPDX-License-Identifier: MIT
"""`stint vcpu N`: one VCPU in full."""
import gdb

from stintlib import layout

from . import csrs, images, target
from .command import Command, milliseconds
from .hypervisor import Hypervisor
from .registers import GENERAL, registers_of
from .show_vms import due, whereabouts

REQUESTS = ("IPI", "fence", "fence.i", "G-stage fence", "go offline")    # enum vcpu_request, by bit
HSM = ("started", "stopped", "start pending", "stop pending", "suspended")
ADDRESSES = ("vstvec", "vsepc")    # CSRs that hold a place in the guest's code


class Vcpu(Command):
    """stint vcpu [N] - registers, CSRs field by field, and times of a VCPU
N is its index or a name as in victim/0. Without N: the one that is current on the selected hart. Registers come from
the hart while it runs, and from struct vcpu otherwise; which of them it was is said."""

    name = "vcpu"

    def run(self, words):
        if len(words) > 1:
            raise self.usage()
        hypervisor = Hypervisor()
        vcpu = hypervisor.vcpu(words[0]) if words else current(hypervisor)
        found = registers_of(hypervisor, vcpu)
        image = images.of(vcpu.vm)
        print(f"{vcpu.name}, VCPU {vcpu.index}: {whereabouts(hypervisor, vcpu)}")
        if found.hstatus:
            show_general(found, image)
            show_csrs(hypervisor, vcpu, found, image)
        else:
            print("It has never been started: it has no registers yet.")
        show_times(hypervisor, vcpu)

    def choices(self, before):
        return [] if before else [vcpu.name for vcpu in Hypervisor().vcpus]


def current(hypervisor):
    """The VCPU of the selected hart."""
    number = target.this_hart().number
    pcpu = hypervisor.pcpu_of_hart(number)
    vcpu = hypervisor.vcpu_at(pcpu["current"]) if pcpu else None
    if vcpu is None:
        names = ", ".join(one.name for one in hypervisor.vcpus)
        raise gdb.GdbError(f"No VCPU is current on hart {number}. Name one: {names}.")
    return vcpu


def show_general(found, image):
    print(f"Registers: {found.where}")
    name = images.name_of(image, found.pc)
    print(f"  pc   {found.pc:#018x}  {name + ', ' if name else ''}{'VU' if found.user else 'VS'}-mode")
    if found.x is None:
        return
    for first in range(0, 32, 4):
        print("  " + "  ".join(f"{GENERAL[n]:<4} {found.x[n]:#018x}" for n in range(first, first + 4)))


def show_csrs(hypervisor, vcpu, found, image):
    vs = found.vs
    print(f"CSRs of the guest ({vs['source']})")
    for name in ("vsstatus", "vsie", "hvip"):
        line(name, vs[name], csrs.fields(name, vs[name]))
    for name in ADDRESSES:
        line(name, vs[name], images.name_of(image, vs[name]))
    line("vscause", vs["vscause"], f"its own last trap: {csrs.cause(vs['vscause'])}" if vs["vsepc"] else "")
    for name in ("vstval", "vsscratch"):
        line(name, vs[name], "")
    line("vsatp", vs["vsatp"], csrs.vsatp(vs["vsatp"]))
    line("vstimecmp", vs["vstimecmp"], due(hypervisor, vcpu, vs["vstimecmp"]))
    print("CSRs of the hypervisor for it")
    line("hstatus", found.hstatus, csrs.fields("hstatus", found.hstatus))
    hgatp = vcpu.vm.stats.hgatp
    line("hgatp", hgatp, csrs.hgatp(hgatp) if hgatp else "the VM has no tables")
    delta = vcpu.vm.stats.htimedelta
    guest_now = hypervisor.now + delta & (1 << 64) - 1
    line("htimedelta", delta, f"guest time is {milliseconds(hypervisor.milliseconds(guest_now))}" if delta else "")


def line(name, value, words):
    print(f"  {name:<10} {value:#018x}  {words}".rstrip())


def show_times(hypervisor, vcpu):
    ticks, hyp = hypervisor.times(vcpu)
    value, stats = vcpu.value, vcpu.stats

    def span(*names):
        return milliseconds(hypervisor.milliseconds(sum(ticks[name] for name in names)))

    print(f"Times: run {span('running')} (of it its exits: {milliseconds(hypervisor.milliseconds(hyp))}), "
          f"steal {span('runnable', 'parked')}, blocked {span('blocked')}, offline {span('offline')}")
    exits = ", ".join(f"{name} {count}" for name, count in zip(layout.EXITS, stats.exits) if count)
    print(f"Exits: {exits or 'none'}; came onto a pCPU {stats.switches} times, moved {stats.migrations} times")
    asked = [word for bit, word in enumerate(REQUESTS) if value["requests"] >> bit & 1]
    print(f"Asked of it: {', '.join(asked) or 'nothing'}; hart state (SBI HSM): {layout.name_of(HSM, value['hsm'])}")
