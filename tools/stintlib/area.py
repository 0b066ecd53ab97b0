# SPDX-License-Identifier: MIT
"""A guest's area (include/stint/guest.h): its report and its rings. All of it is the guest's to scribble on, so
nothing read here may do more than look wrong in that guest's own report."""
from ctypes import sizeof
from dataclasses import dataclass, field

from stintlib import layout
from stintlib.layout import Area
from stintlib.ram import text_of


@dataclass
class GuestArea:
    values: list = field(default_factory=list)      # (name, value), in the guest's order
    tasks: list = field(default_factory=list)       # names, by task number
    rings: list = field(default_factory=list)       # (events oldest first, lost), by VCPU
    damage: str = ""                                # why the above is empty, in words


def read_area(ram, address, limit):
    """The area at a physical address, of which at most `limit` bytes are the guest's. None: not marked valid."""
    area = ram.read_struct(Area, address) if limit >= sizeof(Area) else None
    if area is None or area.magic != layout.AREA_MAGIC:
        return None
    damage = find_damage(area, limit)
    if damage:
        return GuestArea(damage=damage)
    return GuestArea(values=list(read_values(area)), tasks=read_tasks(area), rings=read_rings(ram, address, area))


def find_damage(area, limit):
    if area.version != layout.AREA_VERSION:
        return f"its area has version {area.version}, this tool reads version {layout.AREA_VERSION}"
    if not sizeof(Area) <= area.bytes <= limit:
        return f"its area says it has {area.bytes} bytes of {limit}"
    if area.rings > layout.AREA_RINGS:
        return f"its area says it has {area.rings} rings, at most {layout.AREA_RINGS} are possible"
    if area.ring_slots & (area.ring_slots - 1) or not area.ring_slots and area.rings:
        return f"its area says a ring has {area.ring_slots} slots, which is not a power of two"
    if area.rings_offset + area.rings * area.ring_slots * layout.EVENT_SIZE > area.bytes:
        return "its area's rings are longer than the area"
    return ""


def read_values(area):
    for value in area.values:
        if not value.kind:
            continue
        kind = layout.name_of(layout.VALUE_KINDS, value.kind)
        name = text_of(value.name)
        if not name or "?" in name:
            continue
        if kind == "number":
            yield name, value.number
        elif kind == "signed":
            yield name, value.signed_number
        elif kind == "text":
            yield name, text_of(value.text)


def read_tasks(area):
    """Names up to the last task that has one."""
    names = [text_of(name.value) for name in area.task_names]
    while names and not names[-1]:
        names.pop()
    return names


def read_rings(ram, address, area):
    size = area.ring_slots * layout.EVENT_SIZE
    rings = []
    for number in range(area.rings):
        ring = ram.read_ring(address + area.rings_offset + number * size, area.ring_slots, area.heads[number])
        rings.append(ring or (b"", 0))
    return rings


def nest(values):
    """The values as the report shows them: dots in a name make the levels, and a level whose names are 0, 1, 2…
    is a list. Where a name is both a value and a level, the first one counts."""
    tree = {}
    for name, value in values:
        *path, leaf = name.split(".")
        level = tree
        for word in path:
            level = level.setdefault(word, {})
            if not isinstance(level, dict):
                break
        else:
            level.setdefault(leaf, value)
    return _lists(tree)


def _lists(node):
    if not isinstance(node, dict):
        return node
    node = {word: _lists(below) for word, below in node.items()}
    if node and set(node) == {str(n) for n in range(len(node))}:
        return [node[str(n)] for n in range(len(node))]
    return node


def areas_of(ram, snapshot):
    """The area of each VM that has registered one, by the VM's number."""
    found = {}
    for number, vm in enumerate(snapshot.vms):
        if vm.area_offset:
            area = read_area(ram, layout.SHARED_BASE + vm.area_offset, min(vm.area_bytes, layout.AREA_MAX))
            if area:
                found[number] = area
    return found
