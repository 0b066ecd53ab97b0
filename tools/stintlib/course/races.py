# SPDX-License-Identifier: MIT
"""The players of tests/races, as labs use them: the submission's sched/ on several pCPUs that change over at every
access to memory."""
from textwrap import wrap

from stintlib.course.trial import Failed

RACES = "build/races/races"    # a target of the lab


def expect_no_race(trial, plays, *words):
    """words: as the program takes them."""
    seed = str(trial.random.randrange(1, 1 << 30))
    said = trial.program(RACES, "--seed", seed, "--plays", str(plays), *words)
    if said["kind"]:
        raise Failed("\n".join([*wrap(said["text"], 100), *whereabouts(said),
                                f"In a machine of {said['pcpus']} pCPUs under {said['sched']}, placement "
                                f"{said['placement']}; play {said['played']} of {plays}. To see it again:",
                                f"    gdb --args {RACES} {' '.join(['--seed', seed, *words])}",
                                "    (gdb) break found, run, backtrace, up"]))
    trial.expect("machines played without a mistake", plays, said["played"])


def whereabouts(said):
    """Of pCPUs that do not go on."""
    return [f"pCPU {number}: {place}" for number, place in enumerate(said["places"]) if said["kind"] == "endless"]
