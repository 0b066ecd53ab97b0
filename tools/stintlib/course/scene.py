# SPDX-License-Identifier: MIT
"""The scenario of a lab's test, for gdb: the same text as when it is graded with that seed."""
from types import SimpleNamespace

from stintlib.course.trial import Trial
from stintlib.errors import CannotRun


class _Found(Exception):
    def __init__(self, text, sets):
        self.text, self.sets = text, sets


class _Scene(Trial):
    def run(self, text, budget_ns=None, check=True, sets=None):
        raise _Found(text, sets or {})

    def native(self, guest, args="", harts=1, budget_ns=None):
        raise CannotRun(f"the test '{self.test.name}' first runs {guest} without a hypervisor, where gdb cannot follow")

    def simulate(self, text):
        raise CannotRun(f"the test '{self.test.name}' first runs in the simulator, which is a program of this host")

    def program(self, name, *words):
        raise CannotRun(f"the test '{self.test.name}' is no run of the machine but a program of this host: "
                        f"gdb --args {' '.join([name, *words])}")


def write_scene(lab, test, seed, folder):
    """The path of a file with what the test runs first, and what it sets for that run: words for --set."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{test.name}.conf"
    try:
        test.run(_Scene(SimpleNamespace(lab=lab), test, seed))
    except _Found as found:
        path.write_text(found.text, "utf-8")
        return path, [f"{key}={value}" for key, value in found.sets.items()]
    raise CannotRun(f"the test '{test.name}' runs nothing that gdb could look at")
