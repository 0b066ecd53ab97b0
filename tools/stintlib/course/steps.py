# SPDX-License-Identifier: MIT
"""Programs of tests/plays, built of the submission: small machines that its schedulers play on the host, step by step,
beside what should come of it; or who may go where."""
import subprocess
from itertools import zip_longest
from textwrap import wrap

from stintlib.course.trial import Failed
from stintlib.errors import CannotRun
from stintlib.paths import ROOT, shown

PLAYS, MOVES = "build/plays/plays", "build/plays/moves"    # targets of labs
SHOWN = 3     # steps before the one that is wrong
BOUND = 60    # wall-clock seconds, for less than one
PROCESSOR_S = 2


def expect_steps(trial, expected, program, *words):
    """expected: the lines. words: as the program takes them."""
    command = " ".join(map(str, (program, *words)))
    try:
        said = trial.program(program, *words, processor_s=PROCESSOR_S)["steps"]
    except Failed as error:
        raise Failed(f"{error}\nTo see where:\n    gdb --args {command}\n    (gdb) run, and Ctrl-C if it does not end; "
                     "backtrace") from error
    wrong = first_difference(expected, said)
    trial.expect("steps that are as they should be", len(expected), len(expected) if wrong is None else wrong)
    if wrong is not None:
        raise Failed("\n".join([*told(expected, said, wrong), "", "To see all that your code says:",
                                f"    {command}"]))


def first_difference(expected, said):
    return next((n for n, (one, other) in enumerate(zip_longest(expected, said)) if one != other), None)


def told(expected, said, wrong):
    """The machine, the last steps, and the two."""
    began = max(n for n in range(wrong + 1) if expected[min(n, len(expected) - 1)].startswith("Play"))
    head = [line for line in expected[began:wrong] if line.startswith(("Play", "VM"))]
    before = expected[max(wrong - SHOWN, began + len(head)):wrong]
    pair = [f"{what} {lines[wrong] if wrong < len(lines) else 'nothing more'}"
            for what, lines in (("expected:", expected), ("seen:    ", said))]
    return [part for line in [*head, *before, *pair] for part in wrap(line, 110, subsequent_indent="        ")]


def steps_of_ours(program, *words):
    """What our own build says."""
    path = ROOT / program
    if not path.is_file():
        raise CannotRun(f"{shown(path)} is not built: run 'make' first")
    return subprocess.run([path, *map(str, words)], capture_output=True, text=True, timeout=BOUND,
                          check=True).stdout.splitlines()
