# SPDX-License-Identifier: MIT
"""What can be seen of a run of a submission. The guests' own evidence is found by its marks; what the hypervisor says
(report, trace) is the submission's word, and good for what only it can know, and for explaining."""
from functools import cached_property

from stintlib import layout
from stintlib.area import areas_of
from stintlib.console import last_lines
from stintlib.course.evidence import find_evidence
from stintlib.course.program import source_of
from stintlib.course.spaces import read_space
from stintlib.course.trap import explain_harts, explain_panic, explain_trap
from stintlib.errors import CannotRun
from stintlib.history import History
from stintlib.picture import draw
from stintlib.ram import text_of
from stintlib.report import build_report
from stintlib.shared import take_snapshot
from stintlib.trace import collect

MOST_CONSOLE = 1 << 20
WIDTH = 64    # columns of a timeline
SAID = 6      # lines of the console


class Broken(Exception):
    """The run did not come to its end as it should. The text is for the student."""


def read_native(ended, guest, mark):
    """The evidence of a guest that ran without a hypervisor."""
    evidence, why = find_evidence(ended.ram, mark)
    ended.ram.close()
    (ended.folder / "ram").unlink()
    said = last_lines(ended.folder / "console.log", SAID)
    if ended.how != "off":
        raise Broken(f"{guest}, which ran without a hypervisor, came to no end.\nThe console ended with\n{said}")
    if evidence is None:
        raise Broken(f"of {guest}, which ran without a hypervisor, there is no evidence: {why}\n"
                     f"The console ended with\n{said}")
    need_no_trap(evidence, guest)
    return evidence


def need_no_trap(evidence, guest):
    """Our bare guests give up at a trap that they do not expect, and report it."""
    trap = evidence.get("trap")
    if trap:
        raise Broken(f"the kernel of guest {guest} took a trap that it did not expect, and gave up: "
                     f"{explain_trap(trap)}")


class Seen:
    def __init__(self, ended, marks, hypervisor, kept_in):
        self.ended, self.marks, self.hypervisor, self.kept_in = ended, marks, hypervisor, kept_in
        ram = ended.ram
        self.evidence = {vm: find_evidence(ram, mark) for vm, mark in marks.items()}
        self.damage = ""
        try:
            self.snapshot = take_snapshot(ram)
            self.areas = areas_of(ram, self.snapshot) if self.snapshot else {}
            self.trace = collect(ram, self.snapshot, self.areas, "lab") if self.started else None
        except CannotRun as error:
            self.snapshot, self.areas, self.trace, self.damage = None, {}, None, str(error)
        self.spaces = self._read_spaces(ram)
        with open(ended.folder / "console.log", "rb") as console:
            self.console = console.read(MOST_CONSOLE).decode("utf-8", "replace")
        self.said = last_lines(ended.folder / "console.log", SAID)
        ram.close()
        for name in ("ram", "initrd"):
            (ended.folder / name).unlink()

    def _read_spaces(self, ram):
        """{VM: its G-stage tables} of those that held some at the end."""
        vms = self.snapshot.vms if self.started else []
        return {text_of(vm.name): read_space(ram, vm.hgatp) for vm in vms if vm.hgatp}

    @property
    def started(self):
        return self.snapshot is not None and self.snapshot.end not in ("refused", "panic") and bool(self.snapshot.vms)

    @property
    def end(self):
        """How it ended: time, stopped, stuck, refused, panic, budget, asleep, or off (nobody knows why)."""
        if self.ended.how != "off":
            return self.ended.how
        return "off" if self.snapshot is None or self.snapshot.end == "not" else self.snapshot.end

    def check(self):
        """Raises Broken if it did not end as it should, or if a VM crashed."""
        explain = ENDS.get(self.end)
        if explain:
            raise Broken(f"{explain(self)}\nThe console ended with\n{self.said}")
        for vm in self.report["vms"]:
            if vm["state"] == "crashed":
                raise Broken(f"VM {vm['name']} crashed: {vm['why']}\nThe console ended with\n{self.said}")

    def guest(self, vm):
        """The evidence of that VM's guest."""
        evidence, why = self.evidence[vm]
        if evidence is None:
            raise Broken(f"guest {vm} left no evidence: {why}\nThe console ended with\n{self.said}")
        need_no_trap(evidence, vm)
        return evidence

    def work(self, vm):
        """Units of 1000 instructions that the guest's tasks did, by its own evidence."""
        return sum(task["work"] for task in self.guest(vm)["tasks"])

    @cached_property
    def report(self):
        """What the hypervisor says (DESIGN section 10)."""
        if not self.started:
            raise Broken(f"the hypervisor left no account of the run. {self.damage}")
        return build_report(self.snapshot, self.areas, "lab", True)

    def vm(self, name):
        """The hypervisor's word on a VM."""
        return next(vm for vm in self.report["vms"] if vm["name"] == name)

    def vcpu(self, name, number=0):
        return self.vm(name)["vcpus"][number]

    @cached_property
    def history(self):
        if self.trace is None:
            raise Broken("the hypervisor left no trace")
        return History(self.trace)

    def events(self, *kinds):
        """The hypervisor's events of these kinds of all pCPUs: (pCPU, event)."""
        numbers = {layout.EVENTS[kind] for kind in kinds}
        return [(ring.info["pcpu"], event) for ring in self.trace.of("pcpu") for event in ring.events()
                if event.type in numbers]

    def timeline(self, begin_ms, end_ms):
        """Lines that show who ran when, without the legend."""
        history = self.history
        begin, end = (history.start + int(time * 1e6) // history.ns for time in (begin_ms, end_ms))
        return draw(history, begin, min(end, history.end), WIDTH, lambda vm: True)

    def source_of(self, addresses):
        """Function and line of each code address of the hypervisor."""
        return source_of("riscv64-unknown-elf-addr2line", self.hypervisor, addresses, self.kept_in)


ENDS = {
    "refused": lambda seen: f"the hypervisor refused the scenario: {seen.snapshot.message}",
    "panic": lambda seen: f"the hypervisor failed: {explain_panic(seen)}",
    "stuck": lambda seen: "every VCPU waits, and nothing is left that could wake one",
    "off": lambda seen: f"the machine was turned off before the run was over. {seen.damage}",
    "budget": lambda seen: (f"it still went on when its budget of {seen.ended.budget_ns / 1e9:g} s of virtual time was "
                            f"used up: {explain_harts(seen)}"),
    "asleep": lambda seen: f"every hart sleeps, and no timer is set that could wake one: {explain_harts(seen)}",
}
