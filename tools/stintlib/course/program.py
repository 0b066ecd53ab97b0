# SPDX-License-Identifier: MIT
"""Programs of the host that were built of a submission: the simulator, or the players of tests/races. They run as the
submission does. A program says what it found as one object of JSON. An ordinary mistake cannot say it: the object holds
a number that was drawn for this run."""
import json
import re
import secrets
import subprocess
from argparse import Namespace
from pathlib import Path

from stintlib import sim
from stintlib.errors import CannotRun
from stintlib.job import Job
from stintlib.scenario import read_scenario

PROCESSOR_S = 30     # of processor time: the same on a busy machine
WATCHDOG = 240       # of the wall clock
MOST_SAID = 1 << 24
SWITCH_COST_NS = 10_000
PLACE = re.compile(r"@(\d)")


class Silent(Exception):
    """It ended and did not say what it found. The text is for the student."""


class TooSlow(Exception):
    """The wall clock ended it: no verdict."""


def run_program(program, words, folder, kept_in, processor_s=PROCESSOR_S):
    """What it said, a dictionary."""
    nonce = secrets.token_hex(16)
    with open(folder / "said", "wb") as out:
        code = execute([program, *words, "--nonce", nonce], folder, kept_in, out, processor_s)
    with open(folder / "said", "rb") as file:
        text = file.read(MOST_SAID).decode("utf-8", "replace")
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("nonce") == nonce:
            return said
    raise Silent(f"{Path(program).name} ended without saying what it found: "
                 f"{how_it_ended(code, processor_s)}")


def run_simulator(path, simulator, kept_in):
    """Runs the scenario at `path`, beside which it leaves what it knows. Returns the trace."""
    job, folder = Job(path, read_scenario(path), {}, Namespace(realtime=False)), path.parent
    kept_in.give(folder)
    words = [simulator, path.name, "ram", "--switch-cost", str(SWITCH_COST_NS), *job.bootargs().split()]
    code = execute(words, folder, kept_in, subprocess.DEVNULL)
    left = folder / "ram"
    if left.is_symlink() or not left.is_file():
        raise Silent(f"the simulator ended without a trace: {how_it_ended(code)}")
    try:
        return sim.read(left, "lab").trace
    except CannotRun as error:
        raise Silent(f"the simulator ended without a trace ({how_it_ended(code)}): {error}") from error


def execute(words, folder, kept_in, out, processor_s=PROCESSOR_S):
    """The exit code."""
    command = kept_in.wrap(["prlimit", f"--cpu={processor_s}", "--", *words])
    try:
        return subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL,
                              timeout=WATCHDOG, check=False).returncode
    except subprocess.TimeoutExpired as error:
        raise TooSlow(f"{Path(words[0]).name} had not ended after {WATCHDOG} s of the wall clock: this machine is "
                      "too busy") from error


def how_it_ended(code, processor_s=PROCESSOR_S):
    """As the shell and Python tell of it."""
    number = -code if code < 0 else code - 128 if code > 128 else 0
    reason = {6: "it called abort()", 8: "it divided by 0", 9: f"it had used up its {processor_s} s of processor time",
              11: "it touched memory that is not there", 24: f"it had used up its {processor_s} s of processor time"}
    return reason.get(number, f"its exit code is {code}")


def source_of(addr2line, program, addresses, kept_in):
    """Function and line of each code address, as the toolchain says; and the function that it is a part of, if the
    compiler has put it into another one."""
    words = [addr2line, "-a", "-f", "-i", "-s", "-e", program, *(f"{address:#x}" for address in addresses)]
    done = subprocess.run(kept_in.wrap(words), capture_output=True, text=True, timeout=20, check=False)
    parts = [part for part in re.split(r"^(?=0x[0-9a-f]+$)", done.stdout, flags=re.MULTILINE) if part]
    return [told_frames(part.splitlines()[1:]) for part in parts]


def told_frames(lines):
    """Names and lines in turn, the innermost function first."""
    frames = [f"{name} ({line.partition(' (disc')[0]})" for name, line in zip(lines[::2], lines[1::2])]
    return frames[0] + (f" in {frames[-1]}" if len(frames) > 1 else "") if frames else "nowhere known"


def with_places(text, places):
    """The text with the places of the source instead of @0 and @1."""
    return PLACE.sub(lambda match: places[int(match[1])] if int(match[1]) < len(places) else match[0], text)
