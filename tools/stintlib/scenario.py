# SPDX-License-Identifier: MIT
"""What the tool must know of a scenario before it can start QEMU: how many harts, how much RAM, which files.

It is the hypervisor that judges a scenario, with line and advice. So nothing is refused here but files that are
not there: a value that makes no sense counts as the default, and the hypervisor will say what is wrong with it.
"""
import re
from dataclasses import dataclass, field
from decimal import Decimal

from stintlib import layout
from stintlib.cpio import archive
from stintlib.errors import CannotRun
from stintlib.paths import find_file, find_guest, shown

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB}
DEFAULT_VM_MEMORY = 16 * MIB
DEFAULT_TRACE_SLOTS = 65536
MOST_MEMORY = 16 * GIB        # a sparse file; beyond it the hypervisor shall say that there is not so much RAM
LOAD_ADDRESS = 0x80400000     # where QEMU puts the hypervisor
TIME = re.compile(r"(\d+(?:\.\d+)?)\s*(ns|us|ms|s)")
TIME_UNITS = {"ns": 1, "us": 1000, "ms": 1_000_000, "s": 1_000_000_000}


@dataclass
class ScenarioVm:
    guest: str = ""
    initrd: str = ""
    memory: int = DEFAULT_VM_MEMORY
    lines: dict = field(default_factory=dict)    # where `guest` and `initrd` were said


@dataclass
class Scenario:
    file: str                                    # its name in messages
    text: bytes = b""
    pcpus: int = 0                               # 0: the topology's
    topology: int = 1                            # pCPUs that it has
    time_ns: int = 0                             # 0: until all VMs have stopped
    vms: list = field(default_factory=list)


def parse_time(text):
    """Nanoseconds, or None when it is not a time as scenarios write it."""
    match = TIME.fullmatch(text.strip())
    return int(Decimal(match[1]) * TIME_UNITS[match[2]]) if match else None


def parse_size(text):
    match = re.fullmatch(r"(\d{1,18})([KMG]?)", text)
    return int(match[1]) * UNITS[match[2]] if match else None


def parse_pcpus(text):
    """The harts QEMU shall have; 1 when the hypervisor is going to refuse the number."""
    return int(text) if re.fullmatch(r"\d{1,3}", text) and 1 <= int(text) <= layout.MAX_PCPUS else 1


def parse_topology(text):
    """The pCPUs of sockets x cores x threads; 1 when the hypervisor is going to refuse it."""
    match = re.fullmatch(r"(\d{1,3})\s*x\s*(\d{1,3})\s*x\s*(\d{1,3})", text)
    return parse_pcpus(str(int(match[1]) * int(match[2]) * int(match[3]))) if match else 1


def read_scenario(path):
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CannotRun(f"{shown(path)} cannot be read: {error.strerror}") from error
    return parse_scenario(path.name, text)


def parse_scenario(name, text):
    scenario = Scenario(name, text)
    for number, raw in enumerate(text.decode("utf-8", "surrogateescape").splitlines(), 1):
        line = raw.split("#", 1)[0].strip()
        if re.match(r"\[\s*vm\b", line):
            scenario.vms.append(ScenarioVm())
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not value:
            continue
        if scenario.vms:
            _vm_key(scenario.vms[-1], key, value, number)
        elif key == "pcpus":
            scenario.pcpus = parse_pcpus(value)
        elif key == "topology":
            scenario.topology = parse_topology(value)
        elif key == "time":
            scenario.time_ns = parse_time(value) or 0
    return scenario


def _vm_key(vm, key, value, line):
    if key == "memory":
        vm.memory = parse_size(value) or DEFAULT_VM_MEMORY
    elif key in ("guest", "initrd"):
        setattr(vm, key, value)
        vm.lines[key] = line


def find_images(scenario, folder):
    """(entry name, path) of every image that the scenario's VMs name, each once."""
    found = {}
    for vm in scenario.vms:
        for key, value in (("guest", vm.guest), ("initrd", vm.initrd)):
            entry = f"{key}/{value}"
            if value and entry not in found:
                try:
                    path = find_guest(value, folder) if key == "guest" else find_file(value, "initrd", folder)
                except CannotRun as error:
                    raise CannotRun(f"{scenario.file}:{vm.lines[key]}: {error}") from error
                found[entry] = path
    return list(found.items())


def make_initrd(scenario, folder):
    """What the hypervisor gets: the scenario's text and the images it names."""
    images = [(entry, path.read_bytes()) for entry, path in find_images(scenario, folder)]
    return archive([("scenario", scenario.text), *images])


def ram_needed(scenario, pcpus, initrd_bytes, trace_slots=DEFAULT_TRACE_SLOTS):
    """Bytes of RAM for QEMU: the VMs with their tables, the trace, the archive and room for the hypervisor.

    QEMU puts the archive at LOAD_ADDRESS + min(RAM / 2, 512 MiB); that must lie above the shared region, and its
    end below the device tree in the last MiBs of RAM.
    """
    rings = pcpus * trace_slots * layout.EVENT_SIZE
    region = rings + len(scenario.vms) * 2 * MIB
    vms = sum(vm.memory + vm.memory // 128 + 2 * MIB for vm in scenario.vms)
    above_region = 2 * (layout.SHARED_BASE - LOAD_ADDRESS + region + MIB)
    around_archive = 2 * (initrd_bytes + 8 * MIB)
    need = max(vms + region + initrd_bytes + 64 * MIB, above_region, around_archive, 256 * MIB)
    return min((need + 2 * MIB - 1) // (2 * MIB) * (2 * MIB), MOST_MEMORY)
