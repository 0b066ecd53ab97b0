# SPDX-License-Identifier: MIT
"""Scratch directories: one a run, so that runs beside each other never meet."""
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from stintlib.errors import CannotRun
from stintlib.paths import RUNS, shown

BULKY = ("ram", "initrd", "gdb.sock")
KEPT = 20
LONGEST_RUN = 24 * 3600    # seconds; what holds RAM for longer was left behind by a tool that was killed


@contextmanager
def scratch_directory(name, wanted=None):
    """The directory that the user named, which keeps everything; or one under build/run, of which the console and
    QEMU's own words stay until many others have come."""
    if wanted:
        folder = Path(wanted).absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            remove_bulky(folder)
        except OSError as error:
            raise CannotRun(f"scratch directory {shown(folder)}: {error.strerror}") from error
        yield folder
        return
    RUNS.mkdir(parents=True, exist_ok=True)
    remove_old()
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=RUNS))
    try:
        yield folder
    finally:
        remove_bulky(folder)


def remove_bulky(folder):
    """RAM of an earlier run must not be met by the next one."""
    for name in BULKY:
        (folder / name).unlink(missing_ok=True)


def remove_old():
    """All but the latest, and those of runs that go on: they hold RAM."""
    def age(folder):
        return folder.stat().st_mtime if folder.exists() else 0

    for folder in sorted(RUNS.iterdir(), key=age, reverse=True)[KEPT:]:
        if not (folder / "ram").exists() or time.time() - age(folder) > LONGEST_RUN:
            shutil.rmtree(folder, ignore_errors=True)
