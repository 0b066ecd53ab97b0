# SPDX-License-Identifier: MIT
"""`stint walk VM GVA`: an address on its way through both stages."""
import gdb

from . import csrs, images, target
from .command import Command
from .hypervisor import Hypervisor
from .registers import registers_of
from .walk import flags, two_stage

PAGE = 4096


class Walk(Command):
    """stint walk VM GVA [--vcpu N] - translates through both stages, entry by entry
GVA is an address, a symbol of the guest, or an expression as in $pc+8. The VS-stage tables are those of VCPU 0, or N,
at this moment. Indented: how the G-stage finds the table entry of the VS-stage above it."""

    name = "walk"

    def run(self, words):
        number = 0
        if "--vcpu" in words:
            at = words.index("--vcpu")
            given = words[at + 1:at + 2]
            if not given or not given[0].isdecimal():
                raise self.usage()
            number = int(given[0])
            del words[at:at + 2]
        if len(words) < 2:
            raise self.usage()
        hypervisor = Hypervisor()
        vm = hypervisor.vm(words[0])
        vcpu = hypervisor.vcpu(f"{vm.name}/{number}")
        show(vm, vcpu, address(vm, " ".join(words[1:])), registers_of(hypervisor, vcpu).vs["vsatp"])

    def choices(self, before):
        return [] if before else [vm.name for vm in Hypervisor().vms]


def address(vm, text):
    """A symbol of this VM's guest, or whatever gdb makes of the text."""
    image = images.of(vm)
    if image and text in image.addresses:
        return image.addresses[text]
    try:
        return int(gdb.parse_and_eval(text)) & (1 << 64) - 1
    except gdb.error:
        raise gdb.GdbError(f"'{text}' is neither a symbol of {vm.guest} nor an address.") from None


def show(vm, vcpu, gva, vsatp):
    memory = target.Memory()
    hgatp = vm.hgatp()
    walk = two_stage(gva, vsatp, hgatp, memory.word)
    name = images.name_of(images.of(vm), gva)
    print(f"GVA {gva:#x}{f' ({name})' if name else ''} of {vcpu.name}")
    print(f"VS-stage: vsatp {vsatp:#x}, {csrs.vsatp(vsatp)}")
    for entry in walk.entries:
        if entry.stage == "VS":
            show_vs_entry(entry)
    if walk.gpa is not None:
        print(f"  -> GPA {walk.gpa:#x}")
    print(f"G-stage: hgatp {hgatp:#x}, {csrs.hgatp(hgatp)}")
    for entry in walk.entries:
        if entry.stage == "G":
            print(f"  {in_one_line(entry)}")
    print(ending(vm, walk, memory))


def show_vs_entry(entry):
    print(f"  level {entry.level}, index {entry.index}: entry at GPA {entry.address:#x}")
    for below in entry.found_by:
        print(f"      G-stage {in_one_line(below)}")
    if entry.value is not None:
        print(f"    at HPA {entry.hpa:#x}: {content(entry, 'GPA')}")


def in_one_line(entry):
    return f"level {entry.level}, index {entry.index}, at HPA {entry.address:#x}: {content(entry, 'HPA')}"


def content(entry, space):
    leads_to = "" if entry.target is None else f" -> {'page' if entry.leaf else 'table'} at {space} {base(entry):#x}"
    return f"{entry.value:#x}, {flags(entry.value)}{leads_to}"


def base(entry):
    """Of the page or table that an entry leads to."""
    return entry.target & ~0xFFF if entry.leaf else entry.target


def ending(vm, walk, memory):
    if walk.result is not None:
        data = memory.read(walk.result, min(8, PAGE - walk.result % PAGE))
        holds = "no memory is there" if data is None else f"there: {int.from_bytes(data, 'little'):#x}"
        return f"-> HPA {walk.result:#x} after {walk.reads} entries; {holds}"
    return f"It stops here after {walk.reads} entries: {walk.reason}" + advice(vm, walk)


def advice(vm, walk):
    """What the hypervisor will make of a guest page fault there."""
    if walk.refused is None:
        return ""
    place, gpa = vm.place(walk.refused), walk.refused
    if place == "ram":
        return f". GPA {gpa:#x} is RAM of {vm.name} that has not been touched yet: the hypervisor will fill it."
    if place == "nothing":
        return f". At GPA {gpa:#x} {vm.name} has neither RAM nor a device: the hypervisor will end the VM."
    return f". GPA {gpa:#x} is the {place}: the hypervisor will emulate the access."
