# SPDX-License-Identifier: MIT
"""Images of labs/NN-*/guests that have files of the submission in them and need no hypervisor: they call its functions
and look at what comes of it (tests/guests/frame/check.h, tests/guests/alone.h)."""
from stintlib.course.trial import Failed

WORD = (1 << 64) - 1


def expect_sound(trial, image, args, words):
    """A row for each check that failed. words(name): what the check of that name in the image looks at."""
    found = trial.native(image, args)
    said = "".join(found.get("said", []))
    if said:
        raise Failed(f"guests/{image}.c, which calls your code without a hypervisor around it, was ended: {said}")
    for name, values in found.get("wrong", {}).items():
        for what, value in values.items():
            expected, got = (f"{value[which] & WORD:#x}" for which in ("expected", "got"))
            trial.expect(words(f"{name}.{what}"), expected, got)
    trial.expect(f"{image}: checks that failed", 0, found.get("failed", "unknown"))
    trial.expect(f"{image}: came to its end", 1, found.get("finished", 0))
