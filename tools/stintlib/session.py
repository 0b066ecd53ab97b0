# SPDX-License-Identifier: MIT
"""One run of a scenario: QEMU is started, looked after and ended, and what it left in RAM is read."""
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass

from stintlib.area import areas_of
from stintlib.console import Console, Progress, last_lines
from stintlib.errors import CannotRun
from stintlib.job import BOOT_BOUND
from stintlib.paths import shown
from stintlib.qemu import Qemu
from stintlib.ram import Ram
from stintlib.shared import take_snapshot
from stintlib.terminal import Terminal
from stintlib.trace import collect

POLL = 0.03    # seconds between looks at a run


@dataclass
class Outcome:
    """What a run left behind."""
    snapshot: object
    areas: dict     # by number of the VM
    trace: object
    now: int        # where a run was cut off, in ticks; 0 when it came to its end
    cut: bool       # the user ended it


class Session:
    """The pieces of a run in progress. beside: what to do, instead of following the run, once QEMU has started; it
    is handed the scratch directory."""

    def __init__(self, job, folder, beside=None):
        options = job.options
        self.job, self.folder, self.beside = job, folder, beside
        self.began = time.monotonic()
        self.bound = job.wall_bound()
        self.booted = options.gdb
        on_screen = not (options.quiet or options.realtime or options.json == "-")
        self.progress = Progress(job.name, job.time_ns, wanted=on_screen and not options.gdb)
        self.console = Console(folder / "console.log", sys.stdout if on_screen else None, self.progress)

    def execute(self):
        """From start to end, or to Ctrl-C. Returns the outcome, or what `beside` returned."""
        machine = self.job.machine(self.folder)
        with open(self.folder / "ram", "wb") as ram_file:
            ram_file.truncate(machine.memory)
        self.ram = Ram(self.folder / "ram")
        try:
            with Qemu(machine, self.folder) as qemu:
                self.qemu = qemu
                if self.beside:
                    return self.beside(self.folder)
                cut = self.follow()
                now = qemu.halt() if cut else 0
                return self.read(cut, now)
        finally:
            self.progress.clear()
            self.ram.close()

    def follow(self):
        """Looks after the run until it ends. True: the user ended it."""
        try:
            if self.job.options.realtime:
                return self.follow_terminal()
            while not self.qemu.ended(POLL):
                self.look()
            return False
        except KeyboardInterrupt:
            return True

    def follow_terminal(self):
        with Terminal(self.qemu.console) as terminal:
            while not self.qemu.ended(0):
                if terminal.pump(POLL):
                    return True
                self.look()
            terminal.drain()
        return False

    def look(self):
        """How far it is, and whether it still goes on as it should. What a refusal says on the console is not shown
        there: it becomes the error."""
        self.booted = self.booted or self.has_booted()
        if self.booted:
            self.console.pump()
        if self.progress.due():
            self.progress.show(self.simulated())
        wall = time.monotonic() - self.began
        if self.bound and wall > self.bound:
            raise CannotRun(f"{self.job.name} still ran after {self.bound:.0f} s of wall-clock time, with "
                            f"{self.simulated() / 1e9:.3f} s simulated, and was ended. If it only needs more time, "
                            f"give --watchdog SECONDS. {self.said()}")
        if not self.booted and wall > BOOT_BOUND:
            raise CannotRun(f"the hypervisor has not shown itself within {BOOT_BOUND} s. {self.said()}")

    def has_booted(self):
        snapshot = take_snapshot(self.ram)
        return snapshot is not None and snapshot.end != "refused"

    def simulated(self):
        """Nanoseconds of the run so far, as far as its accounts have been brought up."""
        snapshot = take_snapshot(self.ram)
        if snapshot is None:
            return 0
        ticks = snapshot.last_change() - snapshot.shared.start_time
        return ticks * (10 ** 9 // snapshot.shared.timebase_hz)

    def read(self, cut, now):
        """What the run left, unless it was no run at all."""
        self.progress.clear()
        snapshot = take_snapshot(self.ram)
        if snapshot is None or snapshot.end != "refused":
            self.console.pump(last=True)
        self.check_end(snapshot, cut)
        areas = areas_of(self.ram, snapshot)
        trace = collect(self.ram, snapshot, areas, self.job.name, now)
        return Outcome(snapshot, areas, trace, now, cut)

    def check_end(self, snapshot, cut):
        if snapshot is None:
            how = "was ended" if cut else self.qemu_ended()
            raise CannotRun(f"{how} before the hypervisor had shown itself. {self.said()}")
        if snapshot.end == "refused":
            raise CannotRun(snapshot.message)
        if snapshot.end == "panic":
            raise CannotRun(f"the hypervisor failed: {snapshot.message}\n{self.said()}")
        if snapshot.end == "not" and not cut:
            raise CannotRun(f"{self.qemu_ended()} before the run was over. {self.said()}")

    def qemu_ended(self):
        code = self.qemu.process.poll()
        words = self.qemu.complaint()
        return f"QEMU ended (exit code {code}{': ' + words if words else ''})"

    def said(self):
        """The end of the console, and where all of it is."""
        log = self.folder / "console.log"
        return f"The console ended with\n{last_lines(log)}\n(all of it: {shown(log)})"
