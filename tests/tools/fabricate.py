# SPDX-License-Identifier: MIT
"""RAM files as a run would leave them, with contents of the tests' own making."""
from ctypes import sizeof

from stintlib import layout
from stintlib.layout import Area, Command, PcpuStats, Shared, VcpuStats, VmStats

SIZE = 32 << 20
TABLES, RINGS, AREAS = 0x1000, 0x40000, 0x400000
SLOTS = 16
START = 1000


class FakeRam:
    """A RAM file that is being written."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.truncate(SIZE)

    def put(self, address, data):
        with open(self.path, "r+b") as file:
            file.seek(address - layout.RAM_BASE)
            file.write(bytes(data))


def shared_region(pcpus=(), vms=(), vcpus=(), commands=(), /, **fields):
    """(header, [(offset, entries)]) with the tables behind each other."""
    offsets = [TABLES, TABLES + len(pcpus) * sizeof(PcpuStats)]
    offsets.append(offsets[1] + len(vms) * sizeof(VmStats))
    offsets.append(offsets[2] + len(vcpus) * sizeof(VcpuStats))
    header = Shared(magic=layout.SHARED_MAGIC, version=layout.SHARED_VERSION, pcpus=len(pcpus), vms=len(vms),
                    vcpus=len(vcpus), timebase_hz=10_000_000, ring_slots=SLOTS, pcpus_offset=offsets[0],
                    vms_offset=offsets[1], vcpus_offset=offsets[2], rings_offset=RINGS, areas_offset=AREAS,
                    bytes=AREAS + (2 << 20), start_time=START, sched=b"rr", commands=len(commands),
                    commands_offset=offsets[3])
    for number, name in enumerate((b"rr", b"credit")):
        header.scheds[number].value = name
    for name, value in fields.items():
        setattr(header, name, value)
    return header, list(zip(offsets, (pcpus, vms, vcpus, commands)))


def put_region(ram, header, tables):
    for offset, entries in tables:
        ram.put(layout.SHARED_BASE + offset, b"".join(bytes(entry) for entry in entries))
    ram.put(layout.SHARED_BASE, header)


def two_on_one(time=30_000):
    """Two VCPUs that shared a pCPU: `a` still runs, `b` waits; 1000 ticks of overhead are the hypervisor's own."""
    half = (time - 1000) // 2
    pcpu = PcpuStats(ticks=(2 * half - 200, 200, 1000, 0), state=0, vcpu=0, trace_head=3)
    vms = [VmStats(name=name, guest=b"hog", state=1, first_vcpu=n, vcpus=1) for n, name in enumerate((b"a", b"b"))]
    a = VcpuStats(vm=0, id=0, state=0, ticks=(half - 500, time - half, 0, 0, 0), run_base=2 * half - 500, hyp_base=200)
    b = VcpuStats(vm=1, id=0, state=1, ticks=(half, time - half, 0, 0, 0), hyp=100)
    return [pcpu], vms, [a, b]


def two_commands():
    """One that was carried out, and one that was refused twice and carried out once."""
    return [Command(text=b"sched credit", time=START + 10_000, done=1),
            Command(text=b"sched-set a slice=9ms", why=b"no room", time=START + 20_000, done=1, refused=2)]


def area(rings=1, slots=SLOTS, values=(), tasks=(), heads=()):
    made = Area(magic=layout.AREA_MAGIC, version=layout.AREA_VERSION, bytes=0x10000, rings=rings, ring_slots=slots,
                rings_offset=0x9000)
    for n, (name, kind, content) in enumerate(values):
        made.values[n].name, made.values[n].kind = name, layout.VALUE_KINDS.index(kind)
        setattr(made.values[n], {"number": "number", "text": "text", "signed": "signed_number"}[kind], content)
    for n, name in enumerate(tasks):
        made.task_names[n].value = name
    for n, head in enumerate(heads):
        made.heads[n] = head
    return made


def events(*described):
    """(time, type by name, vcpu, arg, a, b), the last ones as needed, as a ring's bytes."""
    return b"".join(bytes(layout.Event(event[0], layout.EVENTS[event[1]], *event[2:])) for event in described)
