# SPDX-License-Identifier: MIT
"""What a history says of several pCPUs: who ran where, who waited beside an idle one. Times are ns since the run began.
The first moments are left out: under instruction counting harts come up one after the other."""
from dataclasses import dataclass

from stintlib import layout
from stintlib.history import UNKNOWN

SETTLED = 30_000_000    # ns


@dataclass
class Wait:
    """The longest of a VCPU, while a pCPU that may run it idled; and all of them together."""
    ns: int = 0
    total_ns: int = 0
    vcpu: int = -1
    pcpu: int = -1
    at_ns: int = 0

    def told(self, history):
        if not self.ns:
            return "nobody"
        return (f"VCPU {name_of(history, self.vcpu)} waited for {self.ns / 1e6:.3f} ms from {self.at_ns / 1e6:.3f} ms "
                f"on, while pCPU {self.pcpu} idled")


def name_of(history, vcpu):
    """As people write it: VM/number."""
    return next(f"{vm['name']}/{vcpu - vm['first_vcpu']}" for vm in history.vms
                if 0 <= vcpu - vm["first_vcpu"] < vm["vcpus"])


def runs(history, vcpu):
    """(pCPU, begin, end) in ticks, of all pCPUs, in the order of time."""
    return sorted(((number, span.begin, span.end) for number, lane in enumerate(history.pcpus) for span in lane.spans
                   if span.what == vcpu), key=lambda run: run[1:])


def at_two_places(history):
    """VCPUs that ran on two pCPUs at once, in words."""
    found = []
    for vcpu in range(len(history.vcpus)):
        before = None
        for run in runs(history, vcpu):
            if before and run[1] < before[2] and run[0] != before[0]:
                at = (run[1] - history.start) * history.ns / 1e6
                found.append(f"VCPU {name_of(history, vcpu)} ran on pCPU {before[0]} and pCPU {run[0]} at {at:.3f} ms")
            before = run if before is None or run[2] > before[2] else before
    return found


def where(history, vcpu):
    """The pCPUs on which it ran."""
    return {run[0] for run in runs(history, vcpu)}


def waits_beside_idle(history, allowed=None):
    """allowed: {VCPU: pCPUs that it may run on}; who is not named may run on all."""
    start = history.start + SETTLED // history.ns
    idle = [(number, max(span.begin, start), span.end) for number, lane in enumerate(history.pcpus)
            for span in lane.spans if span.what is None and span.end > start]
    most, total = Wait(), 0
    for vcpu, lane in enumerate(history.vcpus):
        may = (allowed or {}).get(vcpu, range(len(history.pcpus)))
        for span in lane.spans:
            for pcpu, begin, end in idle if span.what == "runnable" else ():
                ns = (min(end, span.end) - max(begin, span.begin)) * history.ns if pcpu in may else 0
                total += max(ns, 0)
                if ns > most.ns:
                    most = Wait(ns, 0, vcpu, pcpu, (max(begin, span.begin) - history.start) * history.ns)
    most.total_ns = total
    return most


def longest_wait(history, vcpu):
    """ns that it wanted to run and did not, after the first moments."""
    start = history.start + SETTLED // history.ns
    return max(((span.end - max(span.begin, start)) * history.ns for span in history.vcpus[vcpu].spans
                if span.what in ("runnable", "parked") and span.end > start), default=0)


def in_order(seen, *kinds):
    """(pCPU, event) of all rings. In a ring the order of writing counts: an event may bear the time at which its cause
    began."""
    numbers, events = {layout.EVENTS[kind] for kind in kinds}, []
    for ring in seen.trace.of("pcpu"):
        now = 0
        for n, event in enumerate(ring.events()):
            now = max(now, event.time)
            if event.type in numbers:
                events.append((now, ring.info["pcpu"], n, event))
    return [(pcpu, event) for _, pcpu, _, event in sorted(events, key=lambda item: item[:3])]


def shared_with_sibling(seen):
    """ns in all that a VCPU waited on a pCPU on which a sibling of it ran at that time. Where one waits is known from
    when it woke there, or ran there last."""
    history, places = seen.history, {}
    for pcpu, event in in_order(seen, "run", "wake"):
        place = event.a if event.type == layout.EVENTS["wake"] else pcpu
        places.setdefault(event.vcpu, []).append((event.time, place))
    owner = [number for number, vm in enumerate(history.vms) for _ in range(vm["vcpus"])]
    return history.ns * sum(
        max(min(other.end, span.end) - max(other.begin, span.begin), 0)
        for vcpu, lane in enumerate(history.vcpus) for span in lane.spans if span.what == "runnable"
        for other in history.pcpus[place_at(places.get(vcpu, []), span.begin)].spans
        if other.what not in (None, vcpu) and other.what != UNKNOWN and owner[other.what] == owner[vcpu])


def place_at(places, time):
    """The last one up to that time; pCPU 0: none is known."""
    return next((place for since, place in reversed(places) if since <= time), 0)
