# SPDX-License-Identifier: MIT
"""What the grader believes: what its own guests left in their memory. Each image gets random bytes for this run; the
guest's area bears their complement (include/stint/guest.h), and is looked for in all of the machine's RAM. Where the
hypervisor says that the area is, or what it says was in it, does not matter."""
import io
import mmap
import secrets

from elftools.elf.elffile import ELFFile

from stintlib import layout
from stintlib.area import find_damage, nest, read_rings, read_tasks, read_values
from stintlib.errors import CannotRun
from stintlib.layout import Area
from stintlib.native import symbol_address

MARK_SYMBOL = "stint_mark"
PAGE = 4096


def fresh_mark():
    return secrets.token_bytes(layout.AREA_MARK)


def marked_image(image, mark):
    """The ELF image with the mark in it."""
    elf = ELFFile(io.BytesIO(image))
    address = symbol_address(elf, MARK_SYMBOL)
    for segment in elf.iter_segments():
        begin = segment["p_vaddr"]
        if address and segment["p_type"] == "PT_LOAD" and begin <= address < begin + segment["p_filesz"]:
            place = segment["p_offset"] + address - begin
            return image[:place] + mark + image[place + len(mark):]
    raise CannotRun(f"a guest's image has no room for a mark: it has no symbol {MARK_SYMBOL} in its data")


class Evidence:
    """What a guest left: values by name, as its report nests them, and its rings. place: the physical address of it."""

    def __init__(self, values, tasks, rings, place):
        self.values, self.tasks, self.rings, self.place = nest(values), tasks, rings, place

    def __getitem__(self, name):
        return self.values[name]

    def get(self, name, otherwise=None):
        return self.values.get(name, otherwise)


def find_evidence(ram, mark):
    """(the evidence, None), or (None, why there is none)."""
    sought = bytes(byte ^ 0xFF for byte in mark)
    found = [address for address in places_of(ram, sought) if is_area(ram, address)]
    if not found:
        return None, "it never ran, or not for long enough: no report in RAM bears this run's mark"
    if len(found) > 1:
        return None, f"{len(found)} places in RAM claim to be its report: somebody forged one"
    area = ram.read_struct(Area, found[0])
    damage = find_damage(area, layout.AREA_MAX)
    if damage:
        return None, damage
    return Evidence(list(read_values(area)), read_tasks(area), read_rings(ram, found[0], area), found[0]), None


def places_of(ram, sought):
    """The physical addresses at which an area would lie that has these bytes for a mark."""
    with mmap.mmap(ram.fd, ram.size, prot=mmap.PROT_READ) as memory:
        at = memory.find(sought)
        while at >= 0:
            begin = at - Area.mark.offset
            if begin >= 0 and begin % PAGE == 0:
                yield layout.RAM_BASE + begin
            at = memory.find(sought, at + 1)


def is_area(ram, address):
    area = ram.read_struct(Area, address)
    return area is not None and area.magic == layout.AREA_MAGIC
