# SPDX-License-Identifier: MIT
"""A run of a submission that nobody trusts. What ends it is its own end, or a budget of virtual time: an instruction
is an instruction on every machine, however busy. The wall clock is only a watchdog, and what it ends is no verdict."""
import time
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path

from stintlib.errors import CannotRun
from stintlib.job import Job
from stintlib.qemu import Machine, Qemu
from stintlib.qmp import QmpGone
from stintlib.ram import Ram
from stintlib.scenario import MIB, read_scenario

CALM = 3                  # wall-clock seconds for which a run is left alone
POLL = 0.25               # then it is looked at
ASLEEP = "icount sleep disabled and no active timers"    # what QEMU says then
WATCHDOG = 240            # wall-clock seconds
NATIVE_MEMORY = 64 * MIB
TICK_NS = 100
OPTIONS = {"realtime": False, "gdb": False, "shift": 4, "watchdog": None}


class Infrastructure(Exception):
    """Grading could not go on; the submission is not to blame."""


@dataclass
class Ended:
    """How a run ended: `off` (the machine was turned off), `budget`, or `asleep` (every hart sleeps, and no timer is
    set that could wake one)."""
    how: str
    ram: Ram
    folder: Path
    budget_ns: int
    harts: str = ""     # where each was at that time, as QEMU shows registers


def run_machine(path, folder, hypervisor, kept_in, budget_ns, sets):
    """Runs the scenario at `path`. sets: other values for keys of its top. The Ended's RAM is the caller's to close."""
    job = Job(path, read_scenario(path), sets, Namespace(**OPTIONS))
    machine = job.machine(folder)
    machine.kernel = hypervisor
    return execute(machine, folder, kept_in, budget_ns)


def run_native(image, args, harts, folder, kept_in, budget_ns):
    """Runs a guest's image on the firmware, without a hypervisor. The Ended's RAM is the caller's to close."""
    return execute(Machine(image, harts, NATIVE_MEMORY, args), folder, kept_in, budget_ns)


def execute(machine, folder, kept_in, budget_ns):
    machine.wrap = tuple(kept_in.wrap([]))
    with open(folder / "ram", "wb") as file:
        file.truncate(machine.memory)
    kept_in.give(folder)
    try:
        with Qemu(machine, folder) as qemu:
            how, harts = follow(qemu, budget_ns)
            complaint = qemu.complaint()
    except OSError as error:
        raise Infrastructure(f"QEMU could not be started: {error}") from error
    if how == "off" and complaint:
        raise Infrastructure(f"QEMU failed: {complaint}")
    return Ended(how, Ram(folder / "ram"), folder, budget_ns, harts)


def follow(qemu, budget_ns):
    """(how it ended, registers)"""
    begun = time.monotonic()
    if qemu.ended(CALM):
        return "off", ""
    while not qemu.ended(POLL):
        try:
            if ASLEEP in qemu.complaint():
                return "asleep", registers(qemu)
            if qemu.qmp.clock() * TICK_NS > budget_ns:
                return "budget", registers(qemu)
        except QmpGone as error:
            if qemu.ended(POLL):
                break
            raise Infrastructure(f"QEMU does not answer: {error}") from error
        if time.monotonic() - begun > WATCHDOG:
            raise Infrastructure(f"a run had not come to its end, nor to that of its {budget_ns / 1e9:g} s of virtual "
                                 f"time, after {WATCHDOG} s of the wall clock: this machine is too busy")
    return "off", ""


def registers(qemu):
    return qemu.qmp.command("human-monitor-command", **{"command-line": "info registers -a"})


def need_image(path):
    if not path.is_file():
        raise CannotRun(f"{path} is not built: run 'make'")
    return path.read_bytes()
