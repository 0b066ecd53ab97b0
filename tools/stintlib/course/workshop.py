# SPDX-License-Identifier: MIT
"""A submission in a tree of its own: our pristine one, in which only the files that the lab lets the student write are
the student's. It lies outside of our tree, belongs to whoever runs the submission, and goes at the end."""
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from stintlib.course.holes import marked_files, without_marks
from stintlib.course.isolation import BUILD_LIMITS
from stintlib.errors import CannotRun
from stintlib.paths import ROOT

MOST_BYTES = 256 * 1024        # of a file that is handed in
BUILD_BOUND = 120              # wall-clock seconds; the compiler's own time is limited by the isolation
SHOWN_LINES = 25
OBJECTS = ("hyp", "guest-obj", "guests", "test-guests")    # under build/: they need not be built again
SOURCES = ("Makefile", "hyp", "sbi", "sched", "lib", "include", "guest-os", "tests", "tools", "handout.mk")


class NotBuilt(Exception):
    """The submission is no program. The text is for the student."""


class Workshop:
    """Use it as a context. kept_in: an Isolation."""

    def __init__(self, lab, submission, kept_in):
        self.lab, self.submission, self.kept_in = lab, Path(submission).resolve(), kept_in

    def __enter__(self):
        self.place = Path(tempfile.mkdtemp(prefix="stint-grade-"))
        self.tree = self.place / "tree"
        self.place.chmod(0o711)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.place, ignore_errors=True)

    def folder(self, name):
        """A directory for a run, which belongs to whoever runs the submission."""
        path = self.place / name
        path.mkdir()
        self.kept_in.give(path)
        return path

    def build(self):
        """Raises NotBuilt with the compiler's words."""
        copy_ours(self.tree, self.lab)
        for name in self.lab.files:
            self._take(name)
        self.kept_in.give(self.tree)
        (self.tree / "tmp").mkdir()
        self.kept_in.give(self.tree / "tmp")
        for target in self.lab.targets:
            self._make(target)

    def _take(self, name):
        data = read_submitted(self.submission, name)
        (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / name).unlink(missing_ok=True)
        (self.tree / name).write_bytes(data)

    def _make(self, target):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.tree), "LC_ALL": "C",
                       "TMPDIR": str(self.tree / "tmp")}
        try:
            done = subprocess.run(self.kept_in.wrap(["make", "-s", "WERROR=", target], BUILD_LIMITS), cwd=self.tree,
                                  env=environment, capture_output=True, text=True, errors="replace",
                                  stdin=subprocess.DEVNULL, timeout=BUILD_BOUND, check=False)
        except subprocess.TimeoutExpired as error:
            raise NotBuilt(f"the compiler was still at it after {BUILD_BOUND} s, and was ended") from error
        if done.returncode:
            raise NotBuilt(shorten(done.stderr.replace(f"{self.tree}/", "")))
        if not (self.tree / target).is_file() or (self.tree / target).is_symlink():
            raise NotBuilt(f"{target} was not built")

    def built(self, name):
        """A file that was built of the submission, or else ours."""
        ours, theirs = ROOT / name, self.tree / name
        return theirs if theirs.is_file() else ours


def shorten(text):
    lines = [line for line in text.splitlines() if line.strip()]
    more = [f"(and {len(lines) - SHOWN_LINES} lines more)"] if len(lines) > SHOWN_LINES else []
    return "\n".join(lines[:SHOWN_LINES] + more)


def copy_ours(tree, lab):
    """Sources and objects with their times, so that make sees what is new: nothing but what the student wrote."""
    for name in (*SOURCES, f"labs/{lab.folder.name}/guests"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "mutants", "*.md"))
        elif (ROOT / name).is_file():
            tree.mkdir(exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    for name in {*OBJECTS, *(Path(target).parts[1] for target in lab.targets)}:
        if not (ROOT / "build" / name).is_dir():
            raise CannotRun("the tree is not built: run 'make' first")
        shutil.copytree(ROOT / "build" / name, tree / "build" / name)


def read_submitted(submission, name):
    """The file by its path in the submission, or by its name alone. Links lead nowhere."""
    for path in (submission / name, submission / Path(name).name):
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        try:
            if not (stat.S_ISREG(os.fstat(descriptor).st_mode) and path.resolve().is_relative_to(submission)):
                continue
            data = os.read(descriptor, MOST_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(data) > MOST_BYTES:
            raise NotBuilt(f"{name} has more than {MOST_BYTES >> 10} KiB")
        return data
    raise NotBuilt(f"{name} is missing: it must be a file of that name in what you hand in")


def starter_files(lab):
    """What the student finds: {name: text} of the files of the lab."""
    texts = {}
    for name in lab.files:
        source = lab.folder / lab.added[name] if name in lab.added else ROOT / name
        text = source.read_text("utf-8")
        texts[name] = without_marks(name, text, lab) if name in marked_files() else text
    return texts
