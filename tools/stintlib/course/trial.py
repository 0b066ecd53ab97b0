# SPDX-License-Identifier: MIT
"""One test of a lab at work: it runs scenarios with the submission, and says what is expected beside what it saw."""
import random
import re
import shutil
from dataclasses import dataclass, field

from stintlib.course import seen as sights
from stintlib.course.evidence import fresh_mark, marked_image
from stintlib.course.machine import Infrastructure, need_image, run_machine, run_native
from stintlib.course.program import Silent, TooSlow, run_program, run_simulator, source_of, with_places
from stintlib.paths import ROOT, find_guest
from stintlib.rows import EXACTLY, Row
from stintlib.scenario import parse_scenario

SIMULATOR = "build/sim/stint-sim"
BUDGET = 2                   # times the scenario's own time, and
BUDGET_MORE = 1_000_000_000  # ns: what a run may take
NATIVE_BUDGET = 5_000_000_000
GUEST_LINE = re.compile(r"^(\s*guest\s*=\s*)(\S+)", re.MULTILINE)
VM_LINE = re.compile(r"^\s*\[\s*vm\s+([^\s\]]+)\s*\]", re.MULTILINE)


class Failed(Exception):
    """The test fails at once. The text is for the student."""


@dataclass(frozen=True)
class Test:
    name: str
    points: int
    title: str
    look: str        # where to look when it fails
    needs: tuple     # names of tests that must have passed
    gdb: tuple       # what to type first when one goes there with gdb; None: it runs nothing that gdb could look at
    hidden: bool
    run: object      # run(trial)


def test(points, title, look="", needs=(), gdb=()):
    """Makes a function a test; its name is the test's."""
    def mark(function):
        hidden = function.__module__.endswith(".hidden")
        function.test = Test(function.__name__.replace("_", "-"), points, title, look, tuple(needs), gdb, hidden,
                             function)
        return function
    return mark


@dataclass
class Verdict:
    """Of one test. status: passed, failed, skipped, or error (not the submission's fault)."""
    test: Test
    status: str
    rows: list = field(default_factory=list)
    why: str = ""
    notes: list = field(default_factory=list)     # lines for the student: a timeline, a decoded trap
    board: object = None                          # what it made of numbers that are no points (stintlib.course.board)
    wall_s: float = 0.0

    @property
    def points(self):
        return self.test.points if self.status == "passed" else 0


class Trial:
    """What a test is given. `random` draws from the seed, the lab and the test's name, so that the same seed gives the
    same test on every machine."""

    def __init__(self, workshop, test_, seed):
        self.workshop, self.test = workshop, test_
        self.random = random.Random(f"{seed} {workshop.lab.number} {test_.name}")
        self.rows, self.runs, self.board = [], [], None
        self.runs_of_rows = []    # how many runs there were when each row was made

    def run(self, text, budget_ns=None, check=True, sets=None):
        """Runs a scenario's text; guests are ours, whatever the submission does. check: a run that does not end as it
        should, or in which a VM crashes, fails the test. sets: as --set of `stint run`. Returns a Seen."""
        folder = self.workshop.folder(f"{self.test.name}-{len(self.runs)}")
        marks, text = self._mark(text, folder)
        path = folder / "lab.conf"
        path.write_text(text, "utf-8")
        budget = budget_ns or BUDGET * parse_scenario("lab.conf", text.encode()).time_ns + BUDGET_MORE
        hypervisor = self.workshop.built("build/hyp/stint.elf")
        ended = run_machine(path, folder, hypervisor, self.workshop.kept_in, budget, sets or {})
        seen = sights.Seen(ended, marks, hypervisor, self.workshop.kept_in)
        self.runs.append(seen)
        if check:
            seen.check()
        return seen

    def native(self, guest, args="", harts=1, budget_ns=NATIVE_BUDGET):
        """Runs a guest's image on the firmware alone. Returns its evidence."""
        folder = self.workshop.folder(f"{self.test.name}-native-{guest}")
        mark, image = fresh_mark(), folder / "guest.elf"
        image.write_bytes(marked_image(self.image(guest), mark))
        ended = run_native(image, args, harts, folder, self.workshop.kept_in, budget_ns)
        return sights.read_native(ended, guest, mark)

    def simulate(self, text):
        """Runs a scenario's text in the simulator, built of the submission. Returns its trace."""
        folder = self.workshop.folder(f"{self.test.name}-sim")
        (folder / "lab.conf").write_text(text, "utf-8")
        try:
            return run_simulator(folder / "lab.conf", self.workshop.built(SIMULATOR), self.workshop.kept_in)
        except Silent as error:
            raise Failed(str(error)) from error
        except TooSlow as error:
            raise Infrastructure(str(error)) from error
        finally:
            shutil.rmtree(folder)

    def program(self, name, *words, **limits):
        """Runs a program of the host that is among the lab's targets: what it said, with the places of the source in
        its `text`. limits: as of run_program."""
        folder, program = self.workshop.folder(f"{self.test.name}-program"), self.workshop.built(name)
        try:
            said = run_program(program, words, folder, self.workshop.kept_in, **limits)
        except Silent as error:
            raise Failed(str(error)) from error
        except TooSlow as error:
            raise Infrastructure(str(error)) from error
        places = [place for place in said.get("places", []) if isinstance(place, int)]
        where = source_of("addr2line", program, places, self.workshop.kept_in) if places else []
        return {**said, "text": with_places(str(said.get("text", "")), where), "places": where}

    def _mark(self, text, folder):
        """Puts the images into the folder, a mark into each. Returns ({VM: mark}, the text that names them)."""
        names, marks = VM_LINE.findall(text), {}

        def put(match):
            name = names[len(marks)]
            marks[name] = fresh_mark()
            (folder / f"{name}.elf").write_bytes(marked_image(self.image(match[2]), marks[name]))
            return f"{match[1]}{name}.elf"
        return marks, GUEST_LINE.sub(put, text)

    def image(self, name):
        """A guest's image: built of the submission where that has to do with guests, else ours."""
        ours = find_guest(name)
        theirs = self.workshop.tree / ours.relative_to(ROOT)
        return need_image(theirs if str(ours.relative_to(ROOT)) in self.workshop.lab.targets else ours)

    def expect(self, what, expected, seen, tolerance=EXACTLY, unit=""):
        """A row of the table. The test passes when all of them are as expected."""
        self.rows.append(Row(what, what, unit, expected, seen, tolerance))
        self.runs_of_rows.append(len(self.runs))
        return self.rows[-1].ok

    def require(self, condition, why):
        if not condition:
            raise Failed(why)
