#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Where the instructions of an exit go: takes one exit of the bench's guests, steps the hypervisor through it, from
the trap to the sret that goes back to a guest, and lists the instructions by function and by source line."""
import argparse
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from elftools.elf.elffile import ELFFile

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from stintlib.errors import CannotRun                                     # noqa: E402
from stintlib.job import load_job                                         # noqa: E402
from stintlib.main import parse                                           # noqa: E402
from stintlib.paths import need_hypervisor                                # noqa: E402
from stintlib.qemu import GDB_SOCKET, command_line, die_with_parent       # noqa: E402
from stintlib.scratch import scratch_directory                            # noqa: E402

ADDR2LINE = "riscv64-unknown-elf-addr2line"
OBJDUMP = "riscv64-unknown-elf-objdump"
SRET = 0x10200073
PC = 32                 # its number among the registers of the `g` packet
MOST = 100_000          # instructions, after which it is no exit but a hang
TIMEOUT = 10            # seconds for an answer of QEMU

# Scenario, how many exits to let pass, and options: exits.c goes through its kinds 1,016 times each; under credit,
# one exit in three is a switch, the others are ticks.
EXITS = {"null_sbi": ("exits", 500), "set_timer": ("exits", 1500), "uart_read": ("exits", 2500),
         "vcpu_switch": ("switch", 50), "vcpu_switch_credit": ("switch", 51, "--sched", "credit")}


class Stub:
    """QEMU's gdb stub, as far as it is needed (GDB manual, "Remote Serial Protocol")."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.settimeout(TIMEOUT)
        self.connection.connect(str(path))
        self.unread = b""
        self.ask("Qqemu.sstep=3")    # single steps without interrupts, but with the clock

    def ask(self, text):
        data = text.encode()
        self.connection.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xff))
        while not (match := re.search(rb"\$([^#]*)#..", self.unread)):
            more = self.connection.recv(65536)
            if not more:
                raise CannotRun("QEMU has ended: there were not so many exits")
            self.unread += more
        self.unread = self.unread[match.end():]
        self.connection.sendall(b"+")
        return match[1].decode()

    def pc(self):
        return int.from_bytes(bytes.fromhex(self.ask("g")[PC * 16:PC * 16 + 16]), "little")

    def instruction(self, address):
        """The 32 bits there, in the address space of whoever runs; None where he has nothing."""
        answer = self.ask(f"m{address:x},4")
        return None if answer.startswith("E") else int.from_bytes(bytes.fromhex(answer), "little")

    def step(self):
        self.ask("s")

    def run_to(self, address, instruction):
        """Runs until `instruction`, which stands at `address`, is next. A guest may have another one there."""
        self.ask(f"Z1,{address:x},4")
        self.ask("c")
        while self.instruction(address) != instruction:
            self.ask(f"z1,{address:x},4")
            self.step()
            self.ask(f"Z1,{address:x},4")
            self.ask("c")
        self.ask(f"z1,{address:x},4")


def hypervisor_entry():
    """Where guests' exits arrive, and the instruction that stands there."""
    with open(need_hypervisor(), "rb") as file:
        elf = ELFFile(file)
        address = elf.get_section_by_name(".symtab").get_symbol_by_name("guest_exit")[0]["st_value"]
        text = elf.get_section_by_name(".text")
        offset = address - text["sh_addr"]
        return address, int.from_bytes(text.data()[offset:offset + 4], "little")


def follow_exit(stub, skip):
    """The addresses of one exit's instructions, in order."""
    address, instruction = hypervisor_entry()
    for _ in range(skip):
        stub.run_to(address, instruction)
        stub.step()
    stub.run_to(address, instruction)
    path = []
    while len(path) < MOST:
        path.append(stub.pc())
        if stub.instruction(path[-1]) == SRET:
            return path
        stub.step()
    raise CannotRun(f"no sret within {MOST} instructions")


def await_stub(folder):
    deadline = time.monotonic() + TIMEOUT
    while not (folder / GDB_SOCKET).exists():
        if time.monotonic() > deadline:
            raise CannotRun(f"QEMU has not opened its socket for gdb within {TIMEOUT} s")
        time.sleep(0.02)
    return Stub(folder / GDB_SOCKET)


def record(scenario, skip, *words):
    """Starts the scenario halted, and follows the exit that comes after `skip` others."""
    options = parse(["run", str(BENCH / f"{scenario}.conf"), "--shift", "0", "--gdb", *words])
    with scratch_directory(f"where-{scenario}", None) as folder:
        machine = load_job(options).machine(folder)
        with open(folder / "ram", "wb") as ram:
            ram.truncate(machine.memory)
        qemu = subprocess.Popen(command_line(machine), cwd=folder, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        try:
            return follow_exit(await_stub(folder), skip)
        finally:
            qemu.kill()
            qemu.wait()


def places(addresses):
    """For each address the innermost function, inlined or not, and its line."""
    line = [ADDR2LINE, "-a", "-f", "-i", "-e", str(need_hypervisor())]
    text = subprocess.run(line, input="\n".join(f"{a:#x}" for a in addresses), capture_output=True, text=True,
                          check=True, timeout=60).stdout
    found = {}
    for block in re.split(r"^(?=0x)", text, flags=re.MULTILINE)[1:]:
        address, *frames = block.split("\n")
        chain = [name for name in frames[0::2] if name]
        file, number = frames[1].split(" ")[0].rsplit(":", 1)
        name = file.removeprefix(f"{ROOT}/").removeprefix("./")
        found[int(address, 16)] = (chain, f"{name}:{number}")
    return found


def by_function(path, where):
    """Lines in the order in which the functions are first met; what is inlined stands with whom it is inlined in."""
    counts = Counter(" < ".join(where[a][0]) for a in path)
    return [f"{count:6}  {name}" for name, count in counts.items()]


def by_line(path, where):
    """Runs of instructions that are of one line, in the order of execution."""
    lines, last = [], None
    for address in path:
        if where[address] != last:
            last = where[address]
            lines.append([0, last])
        lines[-1][0] += 1
    return [f"{count:6}  {place[1]:28} {place[0][0]}" for count, place in lines]


def by_instruction(path, where):
    """Every one of them, in the order of execution."""
    text = subprocess.run([OBJDUMP, "-d", "--no-show-raw-insn", str(need_hypervisor())], capture_output=True, text=True,
                          check=True, timeout=60).stdout
    words = {int(address, 16): code.expandtabs(8)
             for address, code in re.findall(r"^ *([0-9a-f]+):\t(.*)$", text, re.MULTILINE)}
    return [f"{address:x}  {words[address]:40.40}  {where[address][1]:24} {where[address][0][0]}" for address in path]


def show(name, path, lines, instructions):
    where = places(sorted(set(path)))
    print(f"{name}: {len(path)} instructions of the hypervisor\n\nby function (inlined < in whom)")
    print("\n".join(by_function(path, where)))
    if lines:
        print("\nin order, by source line")
        print("\n".join(by_line(path, where)))
    if instructions:
        print("\nin order, by instruction")
        print("\n".join(by_instruction(path, where)))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("exit", choices=EXITS, help="which exit")
    parser.add_argument("--lines", action="store_true", help="list source lines in the order of execution, too")
    parser.add_argument("--instructions", action="store_true", help="list every instruction, too")
    options = parser.parse_args()
    try:
        show(options.exit, record(*EXITS[options.exit]), options.lines, options.instructions)
    except (CannotRun, OSError) as error:
        sys.exit(f"where: {error}")


if __name__ == "__main__":
    main()
