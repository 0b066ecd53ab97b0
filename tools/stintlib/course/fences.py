# SPDX-License-Identifier: MIT
"""What each VCPU needed when it came onto a pCPU, and which fences the hypervisor says that it made. QEMU forgets
translations at every change of V and so hides an omission: the trace is the only witness."""
from dataclasses import dataclass, field

from stintlib import layout

FENCE = layout.EVENTS["fence"]
ON_ARRIVAL = ("moved", "sibling", "new_vmid")
FIRST, SIBLING, MOVED = "the first of its VM there", "after a sibling", "after it had been elsewhere"
REASONS = {(FIRST, "gvma"): "new_vmid", (SIBLING, "vvma"): "sibling", (MOVED, "vvma"): "moved"}


@dataclass
class Arrival:
    """time: ticks. need: FIRST, SIBLING, MOVED, or None. fences: those made for it, and for whatever else until the
    next arrival."""
    time: int
    pcpu: int
    vcpu: int
    need: str | None
    fences: list = field(default_factory=list)

    def made(self, kind):
        """Whether it was met by a fence of that kind, and not by one that a guest asked for later."""
        return bool(self.reasons(kind))

    def reasons(self, kind):
        """Those of the fences of that kind with which it was met."""
        whys = {layout.FENCE_WHYS[fence.b] for fence in self.fences if fence.arg == layout.FENCES.index(kind)}
        return whys & set(ON_ARRIVAL)


def owners(trace):
    """The number of the VM of each VCPU, by the VCPU's index."""
    return [number for number, vm in enumerate(trace.header["vms"]) for _ in range(vm["vcpus"])]


def in_order(events):
    """(pCPU, event) of all pCPUs in order of time. In a ring the order of writing counts: an event may bear the time at
    which its cause began."""
    timed, now = [], {}
    for n, (pcpu, event) in enumerate(events):
        now[pcpu] = max(now.get(pcpu, 0), event.time)
        timed.append((now[pcpu], pcpu, n, event))
    return [(pcpu, event) for _, pcpu, _, event in sorted(timed, key=lambda item: item[:3])]


def arrivals(events, owner):
    """An Arrival for each time that a VCPU came onto a pCPU. events: (pCPU, event) of the kinds run and fence, those of
    a pCPU in the order of its ring. owner: as owners() tells it."""
    last_of_vm, last_pcpu, here, found = {}, {}, {}, []
    for pcpu, event in in_order(events):
        if event.type == FENCE:
            if pcpu in here and here[pcpu].vcpu == event.vcpu:
                here[pcpu].fences.append(event)
            continue
        last = last_of_vm.get((pcpu, owner[event.vcpu]))
        need = (FIRST if last is None else SIBLING if last != event.vcpu
                else MOVED if last_pcpu[event.vcpu] != pcpu else None)
        last_of_vm[pcpu, owner[event.vcpu]], last_pcpu[event.vcpu] = event.vcpu, pcpu
        here[pcpu] = Arrival(event.time, pcpu, event.vcpu, need)
        found.append(here[pcpu])
    return found
