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
KEPT_FOR = 24 * 3600    # seconds


@contextmanager
def scratch_directory(name, wanted=None):
    """The directory that the user named, which keeps everything; or one under build/run, of which the console and
    QEMU's own words stay for a day."""
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
    for folder in RUNS.iterdir():
        try:
            if time.time() - folder.stat().st_mtime > KEPT_FOR:
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            continue    # another run was faster
