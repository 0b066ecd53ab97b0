# SPDX-License-Identifier: MIT
"""Where things are in the tree. Everything that is made goes under build/."""
import os
from pathlib import Path

from stintlib.errors import CannotRun

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
HYPERVISOR = BUILD / "hyp" / "stint.elf"
SIMULATOR = BUILD / "sim" / "stint-sim"
SCENARIOS = ROOT / "scenarios"
RUNS = BUILD / "run"
GUEST_PLACES = (BUILD / "guests", BUILD / "test-guests")


def shown(path):
    """A path as the user would type it: relative when that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def find_scenario(name):
    """A scenario's file by path, or by its name in scenarios/."""
    for path in (Path(name), SCENARIOS / name, SCENARIOS / f"{name}.conf"):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in SCENARIOS.glob("*.conf"))) or "none"
    raise CannotRun(f"scenario '{name}' is not there: give a file, or one of scenarios/: {known}")


def find_guest(name, beside=None):
    """A guest image by the name it was built under, or by path: from here, or from the scenario's folder."""
    if "/" not in name:
        for place in GUEST_PLACES:
            if (place / f"{name}.elf").is_file():
                return place / f"{name}.elf"
    return find_file(name, "guest image", beside, built_guests())


def find_file(name, what, beside=None, others=""):
    """The file of that path, from here or from the folder `beside`."""
    for folder in (Path(), beside):
        if folder is not None and (folder / name).is_file():
            return folder / name
    raise CannotRun(f"{what} '{name}' is not there{others}")


def built_guests():
    names = sorted({path.stem for place in GUEST_PLACES for path in place.glob("*.elf")})
    if not names:
        return ": none is built yet, run 'make'"
    return ": give a file, or one of " + ", ".join(names)


def need_hypervisor():
    return need(HYPERVISOR)


def need_simulator():
    return need(SIMULATOR)


def need(program):
    if not program.is_file():
        raise CannotRun(f"{shown(program)} is not built: run 'make'")
    return program
