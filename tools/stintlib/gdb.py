# SPDX-License-Identifier: MIT
"""Starts QEMU halted on a private socket, and gdb on it, with the symbols of the hypervisor and of the guests and
with the commands of tools/gdb."""
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from stintlib.errors import OK, CannotRun
from stintlib.job import load_job
from stintlib.paths import HYPERVISOR, ROOT, need_hypervisor, shown
from stintlib.qemu import GDB_SOCKET, check_version
from stintlib.scenario import find_images
from stintlib.scratch import scratch_directory
from stintlib.session import Session

PROGRAM = "gdb-multiarch"
COMMANDS = ROOT / "tools" / "gdb" / "stint.py"
ELF_MAGIC = b"\x7fELF"
SOCKET_BOUND = 10    # seconds


def script(socket, guests):
    """What gdb does first. guests: the image of each by its name in the scenario."""
    lines = ["set confirm off", "set pagination off", f'directory "{ROOT}"',
             f"target remote {socket}", f"source {COMMANDS}"]
    return "\n".join(lines + [f'stint image "{name}" "{path}"' for name, path in guests.items()]) + "\n"


def main(options):
    job = load_job(options)
    check_version()
    need_hypervisor()
    if not shutil.which(PROGRAM):
        raise CannotRun(f"{PROGRAM} is not installed: 'make doctor' says how to get it")
    guests = {entry.removeprefix("guest/"): path.resolve() for entry, path in find_images(job.scenario, job.path.parent)
              if entry.startswith("guest/") and path.read_bytes()[:4] == ELF_MAGIC}
    with scratch_directory(f"gdb-{job.name}", options.scratch) as folder:
        Session(job, folder, beside=lambda scratch: debug(scratch, guests, options)).execute()
    return OK


def debug(folder, guests, options):
    """gdb in the foreground. Ctrl-C is for it, not for us."""
    with tempfile.TemporaryDirectory(prefix="stint-") as short:
        # A socket's path may be 107 bytes long; that of the scratch directory may be longer.
        socket = Path(short) / "gdb"
        socket.symlink_to(folder / GDB_SOCKET)
        (folder / "session.gdb").write_text(script(socket, guests), "utf-8")
        line = [PROGRAM, "-q", "-nx", str(HYPERVISOR), "-x", str(folder / "session.gdb")]
        for command in options.ex:
            line += ["-ex", command]
        wait_for(folder / GDB_SOCKET)
        print(f"What the guests print: {shown(folder / 'console.log')}", flush=True)
        before = signal.signal(signal.SIGINT, lambda *_: None)
        try:
            subprocess.run(line + (["-batch"] if options.batch else []), check=False)
        finally:
            signal.signal(signal.SIGINT, before)


def wait_for(socket):
    deadline = time.monotonic() + SOCKET_BOUND
    while not socket.exists():
        if time.monotonic() > deadline:
            raise CannotRun(f"QEMU has not opened its socket for gdb within {SOCKET_BOUND} s")
        time.sleep(0.02)
