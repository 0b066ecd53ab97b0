# SPDX-License-Identifier: MIT
"""What a file of a submission takes from elsewhere."""
import subprocess

import pytest

from stintlib.course.foreign import headers_from, names_from

FILES = {
    "lib/word.h": "int word(void);\n",
    "lib/word.c": '#include "lib/word.h"\nint word(void) { return 1; }\n',
    "hyp/clock.h": "int clock_now(void);\n",
    "hyp/clock.c": '#include "hyp/clock.h"\nint clock_now(void) { return 1; }\n',
    "sched/sched.h": "#pragma once\nstruct op { int (*pick)(void); };\nextern const struct op ours;\nint ask(void);\n",
    "sched/sched.c": '#include "sched/sched.h"\nint ask(void) { return 1; }\n',
    "sched/ours.c": '#include "sched/sched.h"\nstatic int one(void) { return 1; }\nconst struct op ours = {one};\n',
}
HONEST = '#include "sched/sched.h"\n#include "lib/word.h"\nint pick(void) { return ask() + word(); }\n'


def looked_at(tree, mine):
    """Names and headers that are foreign to it."""
    for name, text in {**FILES, "sched/mine.c": mine}.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(text, "utf-8")
    for name in filter(lambda name: name.endswith(".c"), (*FILES, "sched/mine.c")):
        made = (tree / "build/hyp" / name).with_suffix(".o")
        made.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["gcc", "-I.", "-MMD", "-MP", "-c", "-o", made, name], cwd=tree, check=True)
    return (names_from(tree, "sched/mine.c", ("sched", "lib"), ["sched/ours.c"]),
            headers_from(tree, "sched/mine.c", ("sched", "lib")))


def test_the_frame_and_the_library_are_not_foreign(tmp_path):
    assert looked_at(tmp_path, HONEST) == ([], [])


@pytest.mark.parametrize("mine, names, headers", [
    ("int pick(void) { return ours.pick(); }\n", ["ours"], []),
    ("#define P(a, b) a##b\nint pick(void) { return P(our, s).pick(); }\n", ["ours"], []),
    ("#include \"hyp/clock.h\"\nint pick(void) { return clock_now(); }\n", ["clock_now"], ["hyp/clock.h"]),
    ("int clock_now(void);\nint pick(void) { return clock_now(); }\n", ["clock_now"], []),
    ("#include \"../hyp/clock.h\"\n", [], ["hyp/clock.h"]),
    ("#define ours mine\n#include \"sched/ours.c\"\n", [], ["sched/ours.c"]),
])
def test_what_is_foreign(tmp_path, mine, names, headers):
    assert looked_at(tmp_path, HONEST + mine.replace("int pick", "int next")) == (names, headers)
