# SPDX-License-Identifier: MIT
"""QEMU as a child process: in a scratch directory of its own, with its RAM in a file there, and never left behind."""
import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass

from stintlib.errors import CannotRun
from stintlib.qmp import Qmp, QmpGone

PROGRAM = "qemu-system-riscv64"
OLDEST = (8, 1)
PR_SET_PDEATHSIG = 1
GDB_SOCKET = "gdb.sock"


@dataclass
class Machine:
    """What to start. Paths are absolute: QEMU runs in its scratch directory."""
    kernel: str
    harts: int
    memory: int                 # bytes
    append: str = ""
    initrd: str = ""
    shift: int = 4              # one instruction is 2^shift ns
    realtime: bool = False      # the wall clock and parallel harts instead
    gdb: bool = False           # halted, until gdb says otherwise
    stay: bool = False          # when the guest turns the machine off: stop, and let the clock be read
    wrap: tuple = ()            # words of a command that is to start it, such as one that keeps it in


def parse_version(text):
    """(major, minor) of what `qemu-system-riscv64 --version` prints, or None."""
    match = re.search(r"version (\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else None


def check_version():
    if not shutil.which(PROGRAM):
        raise CannotRun(f"{PROGRAM} is not installed: 'make doctor' says how to get it")
    text = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, timeout=60).stdout
    version = parse_version(text)
    if version is None or version < OLDEST:
        raise CannotRun(f"{PROGRAM} is {text.splitlines()[0] if text else 'of an unknown version'}, and QEMU before "
                        "8.1 starves harts when it counts instructions. Install QEMU 8.1 or later: 'make setup' "
                        "does it on Debian (qemu-system-riscv, on Debian 12 from bookworm-backports)")


def command_line(machine, serial_fd=None, qmp_fd=None):
    line = [PROGRAM, "-M", "virt", "-cpu", "rv64", "-smp", str(machine.harts), "-m", f"{machine.memory >> 10}K",
            "-object", f"memory-backend-file,id=ram,mem-path=ram,size={machine.memory},share=on",
            "-machine", "memory-backend=ram", "-bios", "default", "-kernel", str(machine.kernel),
            "-display", "none", "-monitor", "none", "-nic", "none", "-no-reboot", "-seed", "1"]
    if machine.realtime:
        line += ["-accel", "tcg,thread=multi"]
    else:
        # With sleep=off the clock leaps to the next timer whenever gdb stops a machine whose harts else idle.
        sleep = "on" if machine.gdb else "off"
        line += ["-icount", f"shift={machine.shift},sleep={sleep}", "-rtc", "clock=vm"]
    if machine.append:
        line += ["-append", machine.append]
    if machine.initrd:
        line += ["-initrd", str(machine.initrd)]
    if serial_fd is None:
        line += ["-serial", "file:console.log"]
    else:
        line += ["-chardev", f"socket,id=console,fd={serial_fd},logfile=console.log", "-serial", "chardev:console"]
    if qmp_fd is not None:
        line += ["-chardev", f"socket,id=qmp,fd={qmp_fd}", "-mon", "chardev=qmp,mode=control"]
    if machine.gdb:
        line += ["-S", "-gdb", f"unix:{GDB_SOCKET},server=on,wait=off"]
    if machine.stay:
        line += ["-no-shutdown"]
    return line


def die_with_parent():
    """In the child: should the tool be killed, QEMU goes with it."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Qemu:
    """One run. Use it as a context: at the end the process is gone, whatever happened."""

    def __init__(self, machine, scratch):
        self.machine = machine
        self.scratch = scratch
        self.console = None      # in a realtime run: a socket to the machine's serial line
        self.process = None

    def __enter__(self):
        ours, theirs = socket.socketpair()
        passed = [theirs]
        serial_fd = None
        if self.machine.realtime:
            self.console, its_console = socket.socketpair()
            passed.append(its_console)
            serial_fd = its_console.fileno()
        line = command_line(self.machine, serial_fd, theirs.fileno())
        with open(self.scratch / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(
                [*self.machine.wrap, *line], cwd=self.scratch, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=[end.fileno() for end in passed], start_new_session=True, preexec_fn=die_with_parent)
        for end in passed:
            end.close()
        self.qmp = Qmp(ours)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)    # with whatever was put around it
        self.process.wait()
        self.qmp.connection.close()
        if self.console:
            self.console.close()

    def ended(self, timeout):
        """Waits at most `timeout` seconds. True: QEMU has ended."""
        try:
            self.process.wait(timeout)
            return True
        except subprocess.TimeoutExpired:
            return False

    def halt(self):
        """Stops the machine where it is; its RAM stands still from then on. Returns its time in ticks, 0 when it
        had already ended."""
        try:
            self.qmp.command("stop")
            return self.qmp.clock()
        except QmpGone:
            return 0

    def complaint(self):
        """What QEMU itself said, for messages."""
        return (self.scratch / "qemu.log").read_text("utf-8", "replace").strip()
