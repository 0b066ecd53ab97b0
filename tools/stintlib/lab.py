# SPDX-License-Identifier: MIT
"""Where experiments are made: runs scenarios on QEMU or in the simulator, the same one only once, and as many at a time
as there are cores, but no more than two. A run begins when it is asked for; who looks at its report waits for it."""
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from threading import Lock

from stintlib.errors import NO, OK, CannotRun
from stintlib.history import History
from stintlib.paths import BUILD, ROOT
from stintlib.trace import read_trace

AT_A_TIME = 2
WALL_BOUND = 600    # seconds until a run is taken for a hang
STINT = [sys.executable, str(ROOT / "tools" / "stint")]


def top(**keys):
    """The lines of a scenario above its first section."""
    return "".join(f"{key} = {value}\n" for key, value in keys.items())


def vm(name, guest, **keys):
    """A [vm] section."""
    return f"[vm {name}]\nguest = {guest}\n" + top(**keys)


def hogs(*pcpus):
    """[vm] sections: on each of these pCPUs one that spins. A hart that idles is no part of the turns that the harts of
    a deterministic run take; and four that are busy are what an experiment on four pCPUs is about."""
    return "".join(vm(f"busy{pcpu}", "hog", affinity=pcpu) for pcpu in pcpus)


class LabRun:
    """A run that goes on or is over."""

    def __init__(self, name, folder, done):
        self.name, self.folder, self.done = name, folder, done    # done: a future of the finished process

    @property
    def refusal(self):
        """Why it could not run at all; None: it could."""
        process = self.done.result()
        return None if process.returncode in (OK, NO) else process.stderr.strip().removeprefix("stint: ")

    def _check(self):
        if self.refusal is not None:
            raise CannotRun(f"{self.name}: {self.refusal}")

    @cached_property
    def ended(self):
        """The report, as DESIGN section 10 describes it, however the run ended. One that was refused has none."""
        self._check()
        return json.loads((self.folder / "report.json").read_text("utf-8"))

    @property
    def report(self):
        """The report of a run in which no VM crashed."""
        for guest in self.ended["vms"]:
            if guest["state"] == "crashed":
                raise CannotRun(f"{self.name}: VM {guest['name']} crashed: {guest['why']}")
        return self.ended

    @cached_property
    def trace(self):
        """What happened (stintlib.trace)."""
        self._check()
        return read_trace(self.folder / "trace")

    @cached_property
    def history(self):
        """The trace as spans of time (stintlib.history)."""
        return History(self.trace)

    def vm(self, name):
        """Its part of the report."""
        for guest in self.report["vms"]:
            if guest["name"] == name:
                return guest
        raise CannotRun(f"{self.name}: there is no VM '{name}'")

    def said(self, name):
        """The lines that VM wrote on the console."""
        self._check()
        begin = f"[{name}] "
        return [line.removeprefix(begin) for line in self.done.result().stdout.split("\n") if line.startswith(begin)]

    def measured(self, name):
        """What that VM's guest reported of itself."""
        return self.vm(name)["report"]

    def share(self, name):
        """Percent of all run time that this VM's VCPUs had."""
        ran = {guest["name"]: sum(vcpu["run_ns"] for vcpu in guest["vcpus"]) for guest in self.report["vms"]}
        return 100 * ran[name] / sum(ran.values())


class Lab:
    """Use it as a context: at the end all that the runs left is removed."""

    def __init__(self):
        self.workers = ThreadPoolExecutor(min(AT_A_TIME, os.cpu_count() or 1))
        self.runs = {}
        self.lock = Lock()    # of `runs`: experiments run side by side

    def __enter__(self):
        BUILD.mkdir(exist_ok=True)
        self.place = tempfile.TemporaryDirectory(prefix="lab-", dir=BUILD)
        return self

    def __exit__(self, *_):
        self.workers.shutdown(cancel_futures=True)
        self.place.cleanup()

    def run(self, scenario, sets=None, options=()):
        """On QEMU. scenario: a name of scenarios/, a path, or a scenario's text; sets: other values for keys of its
        top; options: further words for `stint run`. Returns a LabRun at once."""
        return self._begin("run", scenario, sets or {}, options)

    def sim(self, scenario, sets=None, options=()):
        """The same in the simulator."""
        return self._begin("sim", scenario, sets or {}, ("--quiet", *options))

    def _begin(self, how, scenario, sets, options):
        key = (how, str(scenario), tuple(sorted(sets.items())), options)
        with self.lock:
            if key not in self.runs:
                self.runs[key] = self._start(how, str(scenario), sets, options)
            return self.runs[key]

    def _start(self, how, scenario, sets, options):
        folder = Path(self.place.name) / str(len(self.runs))
        folder.mkdir()
        if "\n" in scenario:
            (folder / "lab.conf").write_text(scenario, "utf-8")
            scenario = folder / "lab.conf"
        words = [how, str(scenario), "--json", str(folder / "report.json"), "--trace", str(folder / "trace"), *options]
        for name, value in sets.items():
            words += ["--set", f"{name}={value}"]
        return LabRun(" ".join(words[:2]), folder, self.workers.submit(execute, words))


def execute(words):
    return subprocess.run([*STINT, *words], capture_output=True, text=True, errors="replace", timeout=WALL_BOUND,
                          check=False, stdin=subprocess.DEVNULL)
