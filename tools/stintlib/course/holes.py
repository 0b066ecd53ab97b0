# SPDX-License-Identifier: MIT
"""The holes of the labs. In our own tree each is the reference solution between two comments,

    /* BEGIN SOLUTION 5.pick */
    ...
    /* END SOLUTION */

and labs/05-*/starter/pick.txt is what a student finds there instead. A place may be a hole of several labs, each with a
text of its own: `BEGIN SOLUTION 2.arrive 9.forget`. A place that waits for the student's code says so
with the words YOUR CODE and the number of the task: `YOUR CODE 5.2`."""
import re
from dataclasses import dataclass

from stintlib.course.catalogue import all_labs
from stintlib.errors import CannotRun
from stintlib.paths import ROOT

BEGIN = re.compile(r"^[ \t]*/\* BEGIN SOLUTION ((?:\d+\.[a-z0-9-]+ )+)\*/[ \t]*\n", re.MULTILINE)
END = re.compile(r"^[ \t]*/\* END SOLUTION \*/[ \t]*\n", re.MULTILINE)
WAITS = re.compile(r"YOUR CODE (\d+\.\d+)")


@dataclass(frozen=True)
class Hole:
    lab: int
    name: str
    file: str        # from the root
    begin: int       # of the first mark, in the text of the file
    end: int         # behind the last one
    solution: str


def holes_in(file, text):
    """Those of a file, in their order; one of several labs once for each."""
    found, at = [], 0
    while (begin := BEGIN.search(text, at)) is not None:
        end = END.search(text, begin.end())
        following = BEGIN.search(text, begin.end())
        if end is None or following and following.start() < end.start():
            raise CannotRun(f"{file}: the solution {begin[1]}has no end")
        for word in begin[1].split():
            lab, name = word.split(".")
            found.append(Hole(int(lab), name, file, begin.start(), end.end(), text[begin.end():end.start()]))
        at = end.end()
    if END.search(text, at):
        raise CannotRun(f"{file}: the end of a solution that has not begun")
    return found


def holes_of(lab, root=ROOT):
    """All holes of a lab: they are in the files that it lets the student write."""
    return [hole for file in lab.files if (root / file).is_file()
            for hole in holes_in(file, (root / file).read_text("utf-8")) if hole.lab == lab.number]


def starter_text(lab, hole):
    path = lab.folder / "starter" / f"{hole.name}.txt"
    if not path.is_file():
        raise CannotRun(f"{hole.file}: the hole {hole.lab}.{hole.name} has no text in {lab.folder.name}/starter")
    return path.read_text("utf-8")


def without_marks(file, text, lab):
    """The file as the student of `lab` has it: that lab's holes open, the solutions of all others without marks."""
    pieces, at = [], 0
    holes = holes_in(file, text)
    own = {hole.begin: starter_text(lab, hole) for hole in holes if hole.lab == lab.number}
    for hole in holes:
        if hole.begin >= at:    # not yet seen, as that of another lab
            pieces += [text[at:hole.begin], own.get(hole.begin, hole.solution)]
            at = hole.end
    return "".join(pieces + [text[at:]])


def still_to_write(lab, root):
    """(file, line, task) of each place in the student's files that says it waits for code."""
    for file in lab.files:
        path = root / file
        if path.is_file():
            for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
                for task in WAITS.findall(line):
                    yield file, number, task


def marked_files():
    """The files that have holes: those that some lab lets the student write."""
    return sorted({file for lab in all_labs() for file in lab.files if (ROOT / file).is_file()})
