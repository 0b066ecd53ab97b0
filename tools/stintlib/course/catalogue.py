# SPDX-License-Identifier: MIT
"""The labs that there are. One is a folder labs/NN-name with

    lab.py       TITLE; FILES: what the student writes, at most three; SHOW: a scenario that `make lab` runs;
                 TARGETS: what is built of it (the hypervisor), ADDED: {file of the student's tree: where it lies here}
    handout.md   what the student reads
    starter/     NAME.txt: what the student finds in the place of the hole NAME (stintlib.course.holes)
    tests.py     tests that the student has
    hidden.py    tests that only the teacher has
    mutants/     wrong solutions, each with the name of the test that must notice it
    key.md       answers to the handout's questions
"""
import importlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from stintlib.errors import CannotRun
from stintlib.paths import ROOT

LABS = ROOT / "labs"
HYPERVISOR = "build/hyp/stint.elf"


@dataclass(frozen=True)
class Lab:
    number: int
    folder: Path
    title: str
    files: tuple      # what the student writes, from the root of the tree
    show: str         # a scenario that lets one see it
    targets: tuple    # what make builds of them, from the root
    added: dict       # files that only the student's tree has, and where in `folder` the starter's text of each lies

    @property
    def package(self):
        return f"lab{self.number:02}"

    def tests(self):
        """All that stand here, in the order in which they are written; the hidden ones last."""
        make_package(self)
        found = []
        for name in ("tests", "hidden"):
            if (self.folder / f"{name}.py").is_file():
                module = importlib.import_module(f"{self.package}.{name}")
                found += [value.test for value in vars(module).values()
                          if hasattr(value, "test") and value.__module__ == module.__name__]
        return found


def make_package(lab):
    """So that hidden.py can use what tests.py has: `from lab06.tests import ...`."""
    if lab.package not in sys.modules:
        package = ModuleType(lab.package)
        package.__path__ = [str(lab.folder)]
        sys.modules[lab.package] = package


def read_lab(folder):
    space = {}
    exec(compile((folder / "lab.py").read_text("utf-8"), str(folder / "lab.py"), "exec"), space)    # our own file
    return Lab(int(folder.name[:2]), folder, space["TITLE"], tuple(space["FILES"]), space["SHOW"],
               tuple(space.get("TARGETS", (HYPERVISOR,))), space.get("ADDED", {}))


def all_labs():
    folders = sorted(folder for folder in LABS.glob("[0-9][0-9]-*") if (folder / "lab.py").is_file())
    return [read_lab(folder) for folder in folders]


def find_lab(wanted=None):
    """By its number, or by its folder's name; None: the only one that is here, as in a student's tree."""
    labs = all_labs()
    if not labs:
        raise CannotRun("there are no labs here: labs/ holds none")
    if wanted is None:
        if len(labs) > 1:
            raise CannotRun(f"which lab? There are {numbers(labs)}")
        return labs[0]
    for lab in labs:
        if str(wanted) == lab.folder.name or re.fullmatch(r"0*[0-9]+", str(wanted)) and int(wanted) == lab.number:
            return lab
    raise CannotRun(f"lab '{wanted}' is not here: there {'are' if len(labs) > 1 else 'is'} {numbers(labs)}")


def numbers(labs):
    return ", ".join(f"{lab.number} ({lab.folder.name[3:]})" for lab in labs)
