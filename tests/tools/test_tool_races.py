# SPDX-License-Identifier: MIT
"""tests/races: pCPUs that change over at every access to memory."""
import json
import shutil
import subprocess

import pytest

from stintlib.course.program import source_of, with_places
from stintlib.paths import BUILD, ROOT

RACES = BUILD / "races" / "races"
UNLOCKED = {"    spin_lock(&rq->lock);\n    vcpu = s->ops->victim": "    vcpu = s->ops->victim",
            "send(s, rq, vcpu, thief);\n    spin_unlock(&rq->lock);\n": "send(s, rq, vcpu, thief);\n"}
PLAIN_WAKE = "    list_push_back(&rq->queue, &vcpu->link);\n    return was_alone;"


def play(program, *words):
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_found_in_ours(seed):
    code, said = play(RACES, "--seed", seed, "--plays", 3000, "--nonce", "abc")
    assert json.loads(said) == {"nonce": "abc", "played": 3000, "kind": None}
    assert code == 0


def broken(folder, name, changes):
    """The program, of a tree in which a file of sched/ is another one."""
    for link in ("Makefile", "hyp", "lib", "include", "guest-os", "tests", "tools"):
        (folder / link).symlink_to(ROOT / link)
    shutil.copytree(ROOT / "sched", folder / "sched")
    text = (folder / "sched" / name).read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "sched" / name).write_text(text, "utf-8")
    subprocess.run(["make", "-s", "build/races/races"], cwd=folder, check=True, capture_output=True, timeout=300)
    return folder / "build" / "races" / "races"


def test_an_unlocked_queue_is_found_and_found_again(tmp_path):
    program = broken(tmp_path, "move.c", UNLOCKED)
    words = ("--seed", 5, "--nonce", "abc")
    code, said = play(program, *words)
    assert code == 1 and json.loads(said)["kind"] in ("race", "wrong", "endless")
    assert play(program, *words) == (code, said)
    code, told = play(program, *words[:2])
    found = json.loads(said)
    assert code == 1
    assert told.startswith(f"play {found['played']} of 100, {found['pcpus']} pCPUs under {found['sched']}")
    assert found["text"] in told and f"0: addr2line -fe build/races/races {found['places'][0]:#x}\n" in told


def test_a_scheduler_that_writes_into_the_frames_books(tmp_path):
    program = broken(tmp_path, "rr.c", {PLAIN_WAKE: "    vcpu->since = now;\n" + PLAIN_WAKE})
    code, said = play(program, "--sched", "rr")
    assert code == 1 and "writes `since` of VCPU" in said and "that is the frame's" in said


def test_people_are_told_in_a_line():
    assert play(RACES, "--plays", 10) == (0, "10 plays, and nothing was found\n")


def test_places_are_told_as_lines_of_the_source():
    class Kept:
        words = ()

        @staticmethod
        def wrap(command):
            return list(map(str, command))

    symbols = subprocess.run(["nm", RACES], capture_output=True, text=True, check=True).stdout.split("\n")
    address = next(int(line.split()[0], 16) for line in symbols if line.endswith(" T sched_wake"))
    (place,) = source_of("addr2line", RACES, [address], Kept)
    assert place.startswith("sched_wake (sched.c:")
    assert with_places("@0 and @1", [place]) == f"{place} and @1"


@pytest.mark.parametrize("words", [["--sed", "1"], ["--seed", "1", "more"]])
def test_what_it_does_not_know_is_refused(words):
    done = subprocess.run([RACES, *words], capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2 and "expected --seed N" in done.stderr
