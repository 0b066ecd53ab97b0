# SPDX-License-Identifier: MIT
"""Makes the tree that a student gets: ours, with the holes of one lab open, no solution text anywhere, a README of its
own, and a history that begins with it."""
import os
import shutil
import subprocess
from pathlib import Path

from stintlib.course.catalogue import find_lab
from stintlib.course.holes import marked_files, without_marks
from stintlib.course.workshop import starter_files
from stintlib.errors import OK, CannotRun
from stintlib.paths import ROOT, shown

# What would give solutions away, or is the teacher's. Of the labs only the own one goes out, without these.
KEPT_BACK = (".ci", ".github", "docs/teaching.md", "tests/mutants", "tests/labs", "labs")
OF_THE_LAB = ("lab.py", "tests.py", "report.md", "steps.txt")
WHO = {"GIT_AUTHOR_NAME": "Stint", "GIT_AUTHOR_EMAIL": "stint@localhost", "GIT_COMMITTER_NAME": "Stint",
       "GIT_COMMITTER_EMAIL": "stint@localhost"}


def main(options):
    lab = find_lab(options.lab)
    make_handout(lab, Path(options.out))
    print(f"Lab {lab.number}, {lab.title}: the student's tree is {shown(options.out)}; its README.md says how to begin")
    return OK


def make_handout(lab, out):
    """`out` must not be there, or be empty."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CannotRun(f"{shown(out)} is there already, and not empty: name a folder that is to be made")
    try:
        out.mkdir(parents=True, exist_ok=True)
        copy_tree(lab, out)
        begin_history(lab, out)
    except OSError as error:
        raise CannotRun(f"the handout cannot be written to {shown(out)}: {error.strerror}") from error


def our_files():
    """What git knows of our tree, and what it does not ignore."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise CannotRun(f"a handout is made from a checkout: git says {done.stderr.strip()}")
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def goes_out(lab, name):
    folder = f"labs/{lab.folder.name}/"
    if name.startswith(folder):
        rest = name.removeprefix(folder)
        return rest in OF_THE_LAB or rest.endswith(".conf") or rest.startswith("guests/")
    return not any(name == kept or name.startswith(f"{kept}/") for kept in KEPT_BACK)


def copy_tree(lab, out):
    marked = marked_files()
    for name in our_files():
        if not goes_out(lab, name):
            continue
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        if name in marked:
            (out / name).write_text(without_marks(name, (ROOT / name).read_text("utf-8"), lab), "utf-8")
            shutil.copymode(ROOT / name, out / name)
        else:
            shutil.copy2(ROOT / name, out / name)
    for name, text in starter_files(lab).items():
        (out / name).write_text(text, "utf-8")
    (out / "handout.mk").write_text("# Warnings are told; in a student's tree they do not end the build.\nWERROR :=\n",
                                    "utf-8")
    shutil.copy(out / "README.md", out / "docs" / "README.md")
    (out / "README.md").write_text((lab.folder / "handout.md").read_text("utf-8"), "utf-8")


def begin_history(lab, out):
    for words in (["init", "-q", "-b", "main"], ["add", "-A"],
                  ["commit", "-q", "-m", f"Begin lab {lab.number}, {lab.title}"]):
        subprocess.run(["git", *words], cwd=out, env={**os.environ, **WHO}, check=True, capture_output=True)
