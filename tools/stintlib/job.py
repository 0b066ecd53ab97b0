# SPDX-License-Identifier: MIT
"""A scenario and the command line's wishes for it, turned into a machine for QEMU."""
from dataclasses import dataclass
from pathlib import Path

from stintlib import scenario as scenarios
from stintlib.errors import CannotRun
from stintlib.paths import find_scenario, need_hypervisor
from stintlib.qemu import Machine

BOOT_BOUND = 60         # wall-clock seconds until the hypervisor must have shown itself
ENDLESS_BOUND = 600     # wall-clock seconds for a run whose scenario names no end
GUEST_MIPS = 200        # what QEMU executes in a second on a quiet host, in millions of instructions
PATIENCE = 20           # times as slow as that is still no hang


@dataclass
class Job:
    """A scenario and how to run it."""
    path: Path
    scenario: scenarios.Scenario
    overrides: dict                 # what the command line says instead of the file
    options: object

    @property
    def name(self):
        return self.path.stem

    @property
    def pcpus(self):
        """What the command line says beats the file; a topology counts where no number was said."""
        number, topology = self.overrides.get("pcpus"), self.overrides.get("topology")
        given = scenarios.parse_pcpus(number) if number else self.scenario.pcpus
        return given or (scenarios.parse_topology(topology) if topology else self.scenario.topology)

    @property
    def time_ns(self):
        given = self.overrides.get("time")
        return (scenarios.parse_time(given) or 0) if given else self.scenario.time_ns

    @property
    def trace_slots(self):
        given = self.overrides.get("trace", "")
        return min(int(given), 1 << 24) if given.isdecimal() else scenarios.DEFAULT_TRACE_SLOTS

    def bootargs(self):
        words = {"scenario": self.scenario.file, **self.overrides}
        if self.options.realtime:
            words["console"] = "mux"
        return " ".join(f"{key}={value}" for key, value in words.items())

    def machine(self, folder):
        """Puts the archive into the scratch directory; the machine that starts from it."""
        initrd = scenarios.make_initrd(self.scenario, self.path.parent)
        (folder / "initrd").write_bytes(initrd)
        memory = scenarios.ram_needed(self.scenario, self.pcpus, len(initrd), self.trace_slots)
        return Machine(kernel=need_hypervisor(), harts=self.pcpus, memory=memory, append=self.bootargs(),
                       initrd="initrd", shift=self.options.shift, realtime=self.options.realtime,
                       gdb=self.options.gdb)

    def wall_bound(self):
        """Seconds after which a run that still goes on is taken for a hang; None: never."""
        if self.options.watchdog:
            return self.options.watchdog
        if self.options.gdb or self.options.realtime and not self.time_ns:
            return None
        if not self.time_ns:
            return ENDLESS_BOUND
        expected = self.time_ns / 1e9
        if not self.options.realtime:
            expected *= 1000 / GUEST_MIPS / 2 ** self.options.shift
        return BOOT_BOUND + PATIENCE * expected


def read_overrides(options):
    """Words for the hypervisor from the command line; it judges the values."""
    overrides = {}
    for key, value in (("time", options.time), ("sched", options.sched), ("pcpus", options.pcpus),
                       ("trace", "off" if options.no_trace else None)):
        if value is not None:
            overrides[key] = value
    for word in options.set:
        key, equals, value = word.partition("=")
        if not (key and equals and value):
            raise CannotRun(f"--set {word}: KEY=VALUE is what it takes, as in --set quantum=5ms")
        overrides[key] = value
    for key, value in overrides.items():
        if len(f"{key}{value}".split()) != 1:
            raise CannotRun(f"'{key}={value}': no blanks, please: the words of the command line are divided by them")
    return overrides


def load_job(options):
    path = find_scenario(options.scenario)
    job = Job(path, scenarios.read_scenario(path), read_overrides(options), options)
    if options.trace and job.overrides.get("trace") == "off":
        raise CannotRun("--trace FILE and a trace that is off: choose one of them")
    return job
