# SPDX-License-Identifier: MIT
"""Boots a guest's image on the firmware alone, on the same deterministic machine as a scenario, and prints what
the guest measured. A guest that turns the machine off gives the same report in every run. One that goes on for ever
is stopped once --for has passed; where exactly depends on the host, so its report is not the same twice."""
import sys
import time
from itertools import islice

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from stintlib import layout
from stintlib.area import nest, read_area
from stintlib.console import Console, Progress, last_lines
from stintlib.errors import OK, CannotRun
from stintlib.paths import find_guest, shown
from stintlib.qemu import Machine, Qemu, check_version
from stintlib.qmp import QmpGone
from stintlib.ram import Ram
from stintlib.run import write_json
from stintlib.scenario import MIB, parse_time
from stintlib.scratch import scratch_directory
from stintlib.text import show_guest
from stintlib.trace import Trace, guest_rings, write_trace

AREA_SYMBOL = "stint_area"
MEMORY = 128 * MIB
POLL = 0.05           # seconds between looks at the machine's clock
DEFAULT_WATCHDOG = 300
TICK_NS = 100         # QEMU's clock runs at 10 MHz
ENDED = ("shutdown", "guest-panicked", "internal-error")


def area_address(path):
    """Where the image's area lies in physical memory, or None when it has none."""
    try:
        with open(path, "rb") as file:
            elf = ELFFile(file)
            address = symbol_address(elf, AREA_SYMBOL)
            return None if address is None else physical(elf, address)
    except (ELFError, OSError) as error:
        raise CannotRun(f"{shown(path)} is not an ELF image that QEMU could boot: {error}") from error


def symbol_address(elf, name):
    """Its virtual address, or None when the image has no such symbol."""
    found = [symbol["st_value"] for section in elf.iter_sections() if isinstance(section, SymbolTableSection)
             for symbol in section.get_symbol_by_name(name) or ()]
    return found[0] if found else None


def physical(elf, address):
    for segment in elf.iter_segments():
        begin = segment["p_vaddr"]
        if segment["p_type"] == "PT_LOAD" and begin <= address < begin + segment["p_memsz"]:
            return segment["p_paddr"] + address - begin
    return address


def main(options):
    path = find_guest(options.guest)
    address = area_address(path)
    limit = parse_time(options.time)
    if not limit:
        raise CannotRun(f"--for {options.time}: a time is a number with ns, us, ms or s, as in 500ms")
    check_version()
    with scratch_directory(f"native-{path.stem}", options.scratch) as folder:
        with open(folder / "ram", "wb") as ram_file:
            ram_file.truncate(MEMORY)
        machine = Machine(kernel=path.resolve(), harts=options.harts, memory=MEMORY, append=" ".join(options.args),
                          shift=options.shift, stay=True)
        ticks, ended = execute(machine, folder, options, path.stem, limit)
        ram = Ram(folder / "ram")
        area = read_area(ram, address, layout.AREA_MAX) if address else None
        ram.close()
        if area is None:
            raise CannotRun(f"{path.stem} has left no report: {no_area(address)}. The console ended with\n"
                            f"{last_lines(folder / 'console.log')}\n(all of it: {shown(folder / 'console.log')})")
        end = last_told(area, ticks) if ended else ticks
        return present(options, path.stem, area, end, ended)


def last_told(area, ticks):
    """When a guest ended that turned the machine off, by the last event of its own. The machine's clock is no help:
    once all harts sleep it leaps to whatever timer was set, or not, as the host has it."""
    times = [event.time for ring in guest_rings({0: area}) for event in ring.events()]
    return max(times, default=ticks)


def no_area(address):
    return "its area was never marked valid" if address else f"the image has no symbol {AREA_SYMBOL}"


def execute(machine, folder, options, name, limit):
    """Runs until the guest turns the machine off or `limit` (ns) has passed. Returns (ticks, guest ended)."""
    progress = Progress(name, 0, wanted=not options.quiet)
    silent = options.quiet or options.json == "-"
    console = Console(folder / "console.log", None if silent else sys.stdout, progress)
    deadline = time.monotonic() + (options.watchdog or DEFAULT_WATCHDOG)
    try:
        with Qemu(machine, folder) as qemu:
            ticks, ended = follow(qemu, console, progress, deadline, limit)
        progress.clear()
        console.pump(last=True)
        return ticks, ended
    except QmpGone as error:
        raise CannotRun(f"QEMU ended: {qemu.complaint() or error}") from error
    finally:
        progress.clear()


def follow(qemu, console, progress, deadline, limit):
    try:
        while time.monotonic() < deadline:
            status, ticks = qemu.qmp.status(), qemu.qmp.clock()
            if status in ENDED:
                return ticks, True
            if ticks * TICK_NS >= limit:
                if qemu.qmp.status() in ENDED:    # it leapt when the guest had turned the machine off
                    return ticks, True
                break
            console.pump()
            if progress.due():
                progress.show(ticks * TICK_NS)
            time.sleep(POLL)
    except KeyboardInterrupt:
        pass
    return qemu.halt(), False


def present(options, name, area, ticks, ended):
    report = {"guest": name, "elapsed_ns": ticks * TICK_NS, "deterministic": ended, "report": nest(area.values)}
    if options.trace:
        write_trace(collect(name, options.harts, area, ticks), options.trace)
    if options.json:
        write_json(report, options.json)
    if options.json != "-":
        how = "turned the machine off" if ended else "was stopped"
        print(f"{name} with no hypervisor {how} after {ticks * TICK_NS / 1e9:.4f} s\n")
        print("\n".join(show_guest("It measured", report["report"])))
        if area.damage:
            print(f"nothing: {area.damage}")
    return OK


def collect(name, harts, area, ticks):
    """Its rings as a trace of one VM on no hypervisor: guest time is host time, and it is never away. The trace
    starts with the first event, when the firmware and the guest have booted."""
    vm = {"name": name, "guest": name, "first_vcpu": 0, "vcpus": harts, "htimedelta": 0, "tasks": area.tasks}
    rings = guest_rings({0: area})
    start = min((event.time for ring in rings for event in islice(ring.events(), 1)), default=0)
    header = {"stint_trace": 1, "scenario": f"native {name}", "sched": "none", "timebase_hz": 10 ** 9 // TICK_NS,
              "pcpus": harts, "start": min(start, ticks), "end": ticks, "vms": [vm]}
    return Trace(header, rings)
