# SPDX-License-Identifier: MIT
"""Runs scenarios in the simulator, for tests to look at."""
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BOUND = 120    # seconds of wall-clock time
PCPU_PARTS = ("guest_ns", "hyp_vcpu_ns", "hyp_self_ns", "idle_ns")
VCPU_PARTS = ("run_ns", "steal_ns", "blocked_ns", "offline_ns")

# A bit of everything: affinity, a pause, a reset, a late start, one that ends, more VCPUs than pCPUs.
MIXED = """pcpus = 3
time = 700ms
quantum = 700us
at 100ms: pause a
at 233ms: resume a
at 400ms: reset b
at 450ms: stop e
[vm a]
guest = hog
vcpus = 2
affinity = 0;1
[vm b]
guest = timeshare
vcpus = 2
args = spin sleep:3ms work:20ms polite
affinity = 0-1
[vm c]
guest = smp
vcpus = 3
args = inside=300us outside=100us
[vm d]
guest = realtime
args = task:20ms:2ms task:50ms:5ms jobs=7
start = 50ms
[vm e]
guest = io
affinity = 2
[vm f]
guest = dodger
"""


def stint(*words):
    """The command as a user starts it."""
    return subprocess.run([sys.executable, str(ROOT / "tools" / "stint"), *map(str, words)], capture_output=True,
                          text=True, timeout=BOUND, check=False, cwd=ROOT)


def simulate(folder, text, *options):
    """The report. The trace lies in `folder`/trace, unless there is to be none."""
    path = folder / "test.conf"
    path.write_text(text, "utf-8")
    trace = () if "--no-trace" in options else ("--trace", folder / "trace")
    done = stint("sim", path, "--json", folder / "report.json", *trace, *options)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "report.json").read_text("utf-8"))


def refusal(folder, text, *options):
    """What is said of a scenario that cannot be run."""
    path = folder / "bad.conf"
    path.write_text(text, "utf-8")
    done = stint("sim", path, *options)
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stderr.strip().removeprefix("stint: ")


def vcpus(report):
    return [vcpu for vm in report["vms"] for vcpu in vm["vcpus"]]


def ran(report, name):
    return sum(vcpu["run_ns"] for vm in report["vms"] if vm["name"] == name for vcpu in vm["vcpus"])
