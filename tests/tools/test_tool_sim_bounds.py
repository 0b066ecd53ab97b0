# SPDX-License-Identifier: MIT
"""What the simulator refuses, how large a machine it has, and that it is sound."""
import os
import re
import subprocess

import pytest

from simulator import BOUND, MIXED, ROOT, refusal, simulate, vcpus
from stintlib.schedulers import scheduler_names

BAD = {
    "an unknown guest": ("time = 1s\n[vm a]\nguest = hogg\n", "bad.conf:3: found guest = hogg, expected", "dodger"),
    "an unknown argument": ("time = 1s\n[vm a]\nguest = io\nargs = work=1ms every=3\n",
                            "bad.conf:4: found 'every=3' in the args of io, expected one of:", "transactions="),
    "a wrong value": ("time = 1s\n[vm a]\nargs = task:2ms:3ms\nguest = realtime\n",
                      "bad.conf:3: found 'task:2ms:3ms' in the args of realtime, expected a budget", "period"),
    "no unit": ("time = 1s\n[vm a]\nguest = timeshare\nargs = sleep:20\n",
                "bad.conf:4: found 'sleep:20' in the args of timeshare, expected a time", "20ms"),
    "no task": ("time = 1s\n[vm a]\nguest = realtime\nargs = jobs=3\n", "bad.conf:4: found args", "at least one task"),
    "too many tasks": ("time = 1s\n[vm a]\nguest = timeshare\nargs = " + "spin " * 33 + "\n",
                       "bad.conf:4: found 'spin'", "at most 32 tasks"),
    "a wrong key": ("pcpu = 1\n[vm a]\nguest = hog\n", "bad.conf:1: found 'pcpu', expected", "did you mean 'pcpus'?"),
    "no end": ("[vm a]\nguest = hog\n", "bad.conf: found a run without end: a runs for ever", "--for"),
}


@pytest.mark.parametrize("what", BAD)
def test_refused(tmp_path, what):
    text, begin, part = BAD[what]
    said = refusal(tmp_path, text)
    assert said.startswith(begin) and part in said and "\n" not in said


def test_refused_words(tmp_path):
    text = "time = 1s\n[vm a]\nguest = hog\n"
    assert refusal(tmp_path, text, "--switch-cost", "5") == "--switch-cost 5: a time up to 1s, as in 2us"
    assert refusal(tmp_path, text, "--sched", "best").startswith("command line: found 'best', expected one of: rr")
    assert refusal(tmp_path, text, "--pcpus", "1025").startswith("command line: found pcpus = '1025', expected")
    assert "choose one" in refusal(tmp_path, text, "--set", "trace=off", "--trace", tmp_path / "trace")


GUESTS = sorted(path.parent.name for path in ROOT.glob("guest-os/*/*.c") if path.stem == path.parent.name)
NOT_SIMULATED = {"database", "distortion"}
WATCHERS = "sar:1s", "top:1s", "top-aware:1s"    # of every guest; the simulator has no console
NOT_TAKEN = {"timeshare": {"accounting=", "correct=", "tick="}}    # matters of the guest's own time


@pytest.mark.parametrize("guest", sorted(NOT_SIMULATED))
def test_other_guests_are_refused(tmp_path, guest):
    assert guest in GUESTS
    said = refusal(tmp_path, f"time = 1s\n[vm a]\nguest = {guest}\n")
    assert said.startswith(f"bad.conf:3: found guest = {guest}, expected one whose behaviour the simulator knows")


@pytest.mark.parametrize("guest", [guest for guest in GUESTS if guest not in NOT_SIMULATED])
def test_arguments_are_the_guests(tmp_path, guest):
    """What the simulator takes is what the guest's own table has, but for what it does not know."""
    source = (ROOT / "guest-os" / guest / f"{guest}.c").read_text("utf-8")
    table = re.search(r"arguments\[\] = \{(.*?)\n?\};", source, re.S)[1]
    said = refusal(tmp_path, f"time = 1s\n[vm a]\nguest = {guest}\nargs = nonsense\n")
    own = set(re.findall(r'\{"(\w+[:=]?)', table))
    assert NOT_TAKEN.get(guest, set()) <= own
    assert set(said.split("one of: ")[1].split()) == own - NOT_TAKEN.get(guest, set()) | {"ips="}


@pytest.mark.parametrize("word", WATCHERS)
def test_watchers_are_refused(tmp_path, word):
    said = refusal(tmp_path, f"time = 1s\n[vm a]\nguest = timeshare\nargs = spin {word}\n")
    assert said == (f"bad.conf:4: found '{word}' in the args of timeshare, expected none of sar: top: top-aware: "
                    "in the simulator, which has no console")


def test_a_hang_is_ended(tmp_path):
    """Two hogs without an end take turns for ever."""
    text = "quantum = 100us\n[vm a]\nguest = hog\n[vm b]\nguest = hog\n"
    said = refusal(tmp_path, text, "--no-trace", "--watchdog", "1")
    assert said.startswith("the simulation still went on after 1 s") and "'time'" in said


@pytest.mark.parametrize("vms, guests, count", [
    (512, ("hog", "smp", "timeshare"), 32), pytest.param(16384, ("hog", "io"), 1, marks=pytest.mark.long)])
def test_a_large_machine(tmp_path, vms, guests, count):
    """1,024 pCPUs and 16,384 VCPUs."""
    args = {"timeshare": "args = " + "spin " * 31 + "sleep:1ms\n"}
    text = "pcpus = 1024\ntopology = 16x32x2\ntime = 100ms\nquantum = 5ms\n" + "".join(
        f"[vm v{n}]\nguest = {guests[n % len(guests)]}\nvcpus = {count}\n{args.get(guests[n % len(guests)], '')}"
        for n in range(vms))
    report = simulate(tmp_path, text, "--no-trace")
    assert len(report["pcpus"]) == 1024 and len(vcpus(report)) == 16384
    assert sum(vcpu["run_ns"] for vcpu in vcpus(report)) == sum(pcpu["guest_ns"] for pcpu in report["pcpus"])
    assert sum(pcpu["idle_ns"] for pcpu in report["pcpus"]) < 0.05 * 1024 * report["elapsed_ns"]


@pytest.fixture(name="sanitized", scope="module")
def sanitized_simulator():
    """The program under the address and undefined-behaviour sanitizers."""
    words = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    made = subprocess.run(["make", "-s", "SANITIZE=1", "sim"], cwd=ROOT, capture_output=True, text=True,
                          timeout=BOUND, env=words, check=False)
    assert made.returncode == 0, made.stderr
    return ROOT / "build" / "sim-asan" / "stint-sim"


@pytest.mark.parametrize("sched", scheduler_names())
def test_sound(tmp_path, sanitized, sched):
    """Neither the simulator nor the schedulers, one after the other, do what C leaves undefined or forget memory."""
    text = MIXED.replace("[vm a]", f"at 50ms every 50ms: sched {','.join(scheduler_names())}\n[vm a]", 1)
    (tmp_path / "mixed.conf").write_text(text, "utf-8")
    done = subprocess.run([sanitized, "mixed.conf", "ram", f"sched={sched}", "trace=1024"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stderr
