# SPDX-License-Identifier: MIT
"""What a trace says, as spans of time: who had each pCPU, what state each VCPU was in, what each task of a guest
was doing. All times are host ticks."""
from collections import namedtuple
from dataclasses import dataclass, field
from heapq import merge

from stintlib import layout
from stintlib.clock import GuestClock
from stintlib.layout import EVENTS

UNKNOWN = "unknown"    # before the first event of a ring that has wrapped
Span = namedtuple("Span", "begin end what")


@dataclass
class Lane:
    """One thing's states, one after the other."""
    name: str
    begin: int
    what: object = None
    spans: list = field(default_factory=list)

    def change(self, time, what):
        """From now on. Times that go backwards, which only a hostile guest writes, count as now."""
        time = max(time, self.begin)
        if what != self.what:
            self._close(time)
            self.what = what

    def _close(self, time):
        if time > self.begin:
            self.spans.append(Span(self.begin, time, self.what))
        self.begin = time

    def finish(self, time):
        self._close(max(time, self.begin))
        return self


class History:
    """pcpus: lanes of VCPU numbers (None: nobody); vcpus: lanes of runstates; tasks: by VM, lanes of task states:
    ("run", VCPU of the VM), "ready", "sleep", or None while it is not there."""

    def __init__(self, trace):
        header = trace.header
        self.start, self.end = header["start"], header["end"]
        self.ns = 1_000_000_000 // header["timebase_hz"]
        self.vms = header["vms"]
        self.lost = trace.lost
        first = UNKNOWN if any(ring.info["lost"] for ring in trace.of("pcpu")) else "offline"
        self.pcpus = [Lane(f"pCPU {n}", self.start) for n in range(header["pcpus"])]
        self.vcpus = [Lane(f"{vm['name']}/{n}", self.start, first) for vm in self.vms for n in range(vm["vcpus"])]
        self.exits = []      # (pCPU, event)
        self.places = {}     # by VCPU: the pCPU it came onto last
        self.deltas = {}     # by VM: (host time, htimedelta)
        self.scheds, self.commands = header.get("scheds", []), header.get("commands", [])
        self.orders = []     # (time, what the operator changed, or not)
        self.placed = {}     # by VCPU: the pCPU that it was given when it came up first
        self._read_hypervisor(trace)
        self.tasks = [self._read_guest(trace, number, vm) for number, vm in enumerate(self.vms)]
        for lane in self.pcpus + self.vcpus:
            lane.finish(self.end)

    def vm_vcpus(self, number):
        """The VM's VCPUs among all."""
        vm = self.vms[number]
        return range(vm["first_vcpu"], min(vm["first_vcpu"] + vm["vcpus"], len(self.vcpus)))

    def _read_hypervisor(self, trace):
        rings = trace.of("pcpu")
        if not rings:    # a native run: nobody takes a pCPU away
            for number, (pcpu, vcpu) in enumerate(zip(self.pcpus, self.vcpus)):
                pcpu.change(self.start, number)
                vcpu.change(self.start, "running")
            return
        merged = merge(*([(event.time, ring.info["pcpu"], n, event) for n, event in enumerate(ring.events())]
                         for ring in rings))
        for time, pcpu, _, event in merged:
            handler = self.HANDLERS.get(event.type)
            if handler:
                handler(self, min(max(time, self.start), self.end), pcpu, event)

    def _on_exit(self, _, pcpu, event):
        self.exits.append((pcpu, event))

    def _on_run(self, time, pcpu, event):
        if event.vcpu < len(self.vcpus):
            self.places[event.vcpu] = pcpu
            self.pcpus[pcpu].change(time, event.vcpu)
            self.vcpus[event.vcpu].change(time, "running")

    def _on_leave(self, time, pcpu, event):
        if event.vcpu < len(self.vcpus):
            self.pcpus[pcpu].change(time, None)
            if self.places.get(event.vcpu) == pcpu:    # and not on another one since this very tick
                self.vcpus[event.vcpu].change(time, layout.name_of(layout.RUNSTATES, event.arg))

    def _on_wake(self, time, _, event):
        if event.vcpu < len(self.vcpus) and self.vcpus[event.vcpu].what not in ("running", "parked"):
            self.vcpus[event.vcpu].change(time, "runnable")

    def _on_park(self, time, _, event):
        if event.vcpu < len(self.vcpus):
            self.vcpus[event.vcpu].change(time, "parked" if event.arg else "runnable")

    def _on_vcpu(self, time, _, event):
        if event.vcpu < len(self.vcpus):
            if event.arg:
                self.placed.setdefault(event.vcpu, event.a)
            else:
                self.vcpus[event.vcpu].change(time, "offline")

    def _on_delta(self, time, _, event):
        self.deltas.setdefault(event.a, []).append((time, event.b))

    def _on_sched(self, time, _, event):
        name = layout.name_of(self.scheds, event.arg)
        self.orders.append((time, f"the scheduler is {name} from now on" if event.b else f"sched {name} is refused"))

    def _on_sched_set(self, time, _, event):
        self.orders.append((time, layout.name_of(self.commands, event.a) + ("" if event.arg else " is refused")))

    HANDLERS = {EVENTS["exit"]: _on_exit, EVENTS["sched"]: _on_sched, EVENTS["sched_set"]: _on_sched_set,
                EVENTS["run"]: _on_run, EVENTS["leave"]: _on_leave, EVENTS["wake"]: _on_wake, EVENTS["park"]: _on_park,
                EVENTS["vcpu"]: _on_vcpu, EVENTS["delta"]: _on_delta}

    def _read_guest(self, trace, number, vm):
        clock = GuestClock(self.deltas.get(number, []), vm["htimedelta"])
        rings = [ring for ring in trace.of("guest") if ring.info["vm"] == number]
        merged = merge(*([(clock.to_host(event.time), ring.info["vcpu"], n, event)
                          for n, event in enumerate(ring.events())] for ring in rings))
        tasks = Tasks(vm["tasks"], self.start)
        for time, vcpu, _, event in merged:
            tasks.tell(min(max(time, self.start), self.end), vcpu, event)
        return [lane.finish(self.end) for _, lane in sorted(tasks.lanes.items())]


class Tasks:
    """The tasks of one guest, as its own scheduler moves them."""

    def __init__(self, names, start):
        self.names, self.start = names, start
        self.lanes = {}      # by task
        self.current = {}    # by VCPU: the task it runs

    def lane(self, task):
        if task not in self.lanes:
            name = self.names[task] if task < len(self.names) and self.names[task] else f"task {task}"
            self.lanes[task] = Lane(name, self.start)
        return self.lanes[task]

    def tell(self, time, vcpu, event):
        task = event.arg
        if event.type == EVENTS["task_run"]:
            self.leave(time, vcpu)
            if task < layout.AREA_TASKS:
                self.current[vcpu] = task
                self.lane(task).change(time, ("run", vcpu))
        elif event.type in self.STATES and task < layout.AREA_TASKS:
            self.lane(task).change(time, self.STATES[event.type])

    def leave(self, time, vcpu):
        """The task that this VCPU ran is ready, unless it went to sleep or away."""
        task = self.current.pop(vcpu, None)
        if task is not None and self.lane(task).what == ("run", vcpu):
            self.lane(task).change(time, "ready")

    STATES = {EVENTS["task_ready"]: "ready", EVENTS["task_sleep"]: "sleep", EVENTS["task_exit"]: None}
