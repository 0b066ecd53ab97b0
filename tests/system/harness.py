# SPDX-License-Identifier: MIT
"""Runs scenarios by the stint command and holds what came out, for tests to look at."""
import json
import subprocess
import sys
from collections import namedtuple
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STINT = [sys.executable, str(ROOT / "tools" / "stint")]
WALL_BOUND = 120        # seconds until a command is taken for a hang
WATCHDOG = 60           # seconds until the command itself takes its run for one

sys.path.insert(0, str(ROOT / "tools"))
from stintlib import layout, trace as traces    # noqa: E402  (it needs the path)
from stintlib.ram import Ram                    # noqa: E402
from stintlib.shared import take_snapshot       # noqa: E402

PCPU_PARTS = ("guest_ns", "hyp_vcpu_ns", "hyp_self_ns", "idle_ns")
VCPU_PARTS = ("run_ns", "steal_ns", "blocked_ns", "offline_ns")
TICK_NS = 100

Span = namedtuple("Span", "vcpu begin end")     # ns since the start of the run, on one pCPU


class Run:
    """A run that is over: exit code, what was said, the report and the trace."""

    def __init__(self, folder, done, snapshot):
        self.folder, self.code, self.stdout, self.stderr = folder, done.returncode, done.stdout, done.stderr
        self.snapshot = snapshot        # the shared region as it was left; None: there was none

    @cached_property
    def report(self):
        return json.loads((self.folder / "report.json").read_text("utf-8"))

    @cached_property
    def trace_bytes(self):
        return (self.folder / "trace").read_bytes()

    @cached_property
    def trace(self):
        return traces.read_trace(self.folder / "trace")

    @cached_property
    def console(self):
        return (self.folder / "machine" / "console.log").read_bytes()

    def vm(self, name):
        return next(vm for vm in self.report["vms"] if vm["name"] == name)

    def vcpus(self):
        return [vcpu for vm in self.report["vms"] for vcpu in vm["vcpus"]]

    def measured(self, name):
        """What a guest reported."""
        return self.vm(name)["report"]

    def events(self, pcpu, *kinds):
        """The events of a pCPU's ring of these kinds (names as in layout.EVENTS), times in ns since the
        start."""
        numbers = {layout.EVENTS[kind] for kind in kinds}
        start = self.trace.header["start"]
        ring = self.trace.of("pcpu")[pcpu]
        assert not ring.info["lost"] or "run" not in kinds, f"pCPU {pcpu} lost {ring.info['lost']} events"
        return [event._replace(time=(event.time - start) * TICK_NS) for event in ring.events()
                if event.type in numbers]

    def spans(self, pcpu):
        """Who was on the pCPU from when to when."""
        spans, vcpu, since = [], None, 0
        for event in self.events(pcpu, "run", "leave"):
            if vcpu is not None:
                spans.append(Span(vcpu, since, event.time))
            vcpu = event.vcpu if event.type == layout.EVENTS["run"] else None
            since = event.time
        if vcpu is not None:
            spans.append(Span(vcpu, since, self.report["elapsed_ns"]))
        return spans


def stint(*words, timeout=WALL_BOUND, **options):
    """The command as a user starts it."""
    return subprocess.run([*STINT, *map(str, words)], capture_output=True, text=True, errors="replace",
                          timeout=timeout, check=False, cwd=ROOT, **options)


def run_scenario(folder, text, *options, expect=0, name="test"):
    """Writes the scenario and runs it in `folder`. expect: the exit code that is right, or None for any."""
    folder.mkdir(parents=True, exist_ok=True)
    scenario = folder / f"{name}.conf"
    scenario.write_text(text, "utf-8")
    done = stint("run", scenario, "--json", folder / "report.json", "--trace", folder / "trace",
                 "--scratch", folder / "machine", "--quiet", "--watchdog", WATCHDOG, *options)
    assert expect is None or done.returncode == expect, (
        f"exit code {done.returncode}, expected {expect}\n{done.stderr}\n{done.stdout[-3000:]}")
    return Run(folder, done, take_last_snapshot(folder / "machine" / "ram"))


def take_last_snapshot(path):
    """Reads the machine's RAM for the last time: the file is big, and goes."""
    if not path.exists():
        return None
    ram = Ram(path)
    path.unlink()
    snapshot = take_snapshot(ram)
    ram.close()
    return snapshot


def run_native(guest, *words, harts=1, shift=4):
    """The report of a guest on the firmware alone."""
    done = stint("native", "--json", "-", "--for", "60s", "--harts", harts, "--shift", shift, guest, *words)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stderr}"
    return json.loads(done.stdout)["report"]


def vm(name, guest, **keys):
    """A [vm] section."""
    lines = [f"[vm {name}]", f"guest = {guest}"]
    return "\n".join(lines + [f"{key} = {value}" for key, value in keys.items()]) + "\n"


def top(**keys):
    """The lines above the first section."""
    return "".join(f"{key} = {value}\n" for key, value in keys.items())
