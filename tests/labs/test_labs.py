# SPDX-License-Identifier: MIT
"""The labs: what can be said of each without running it, and a sample of what `make test-labs` proves of all."""
import json
import os
import subprocess
import sys

import pytest

import proofs
from stintlib.course import formats
from stintlib.course.catalogue import all_labs, find_lab
from stintlib.course.grader import grade
from stintlib.course.holes import holes_of
from stintlib.paths import ROOT

LABS = pytest.mark.parametrize("lab", all_labs(), ids=lambda lab: lab.folder.name)


def git(tree, *words):
    return subprocess.run(["git", *words], cwd=tree, capture_output=True, text=True, check=True).stdout


@LABS
class TestEveryLab:
    def test_has_all_that_a_lab_has(self, lab):
        assert 1 <= len(lab.files) <= 3
        assert (lab.folder / "handout.md").is_file() and (lab.folder / "key.md").is_file()
        assert len(list((lab.folder / "mutants").glob("*.patch"))) >= 8

    def test_has_a_starters_text_for_each_hole_and_no_other(self, lab):
        names = {hole.name for hole in holes_of(lab)}
        assert names or lab.added
        assert names == {path.stem for path in (lab.folder / "starter").glob("*.txt")
                         if str(path.relative_to(lab.folder)) not in lab.added.values()}

    def test_has_tests_worth_100_with_names_of_their_own(self, lab):
        tests = lab.tests()
        assert sum(test.points for test in tests) == 100
        assert len({test.name for test in tests}) == len(tests)
        assert 0 < sum(test.points for test in tests if test.hidden) < 50

    def test_needs_only_what_stands_before(self, lab):
        before = set()
        for test in lab.tests():
            assert set(test.needs) <= before
            before.add(test.name)

    def test_mutants_name_tests_that_are_there(self, lab):
        names = {test.name for test in lab.tests()}
        for patch in (lab.folder / "mutants").glob("*.patch"):
            assert patch.read_text("utf-8").splitlines()[0].removeprefix("test: ") in names, patch.name

    def test_handout_holds_no_solution(self, lab, tmp_path):
        assert not proofs.leaks(lab, proofs.make_handout(lab, tmp_path / "handout"))

    def test_handout_begins_a_history(self, lab, tmp_path):
        tree = proofs.make_handout(lab, tmp_path / "handout")
        assert git(tree, "log", "--format=%s") == f"Begin lab {lab.number}, {lab.title}\n"
        assert git(tree, "status", "--short") == ""
        readme = (tree / "README.md").read_text("utf-8")
        assert "make lab" in readme and "make grade" in readme


@pytest.mark.parametrize("proof, number", [(proofs.reference, 3), (proofs.starter, 7), (proofs.forger, 5)],
                         ids=["reference-3", "starter-7", "forger-5"])
def test_of_the_sample(proof, number, tmp_path):
    assert not proof(find_lab(number), tmp_path)


@pytest.mark.parametrize("number", [5, 7])
def test_of_the_sample_the_first_mutant(number, tmp_path):
    lab = find_lab(number)
    assert not proofs.mutant(lab, sorted((lab.folder / "mutants").glob("*.patch"))[0], tmp_path)


@pytest.mark.long
def test_of_the_sample_the_handout(tmp_path):
    assert not proofs.handout(find_lab(5), tmp_path)


def test_same_seed_same_grade(tmp_path):
    lab = find_lab(5)
    proofs.hand_in(tmp_path, proofs.starter_files(lab))
    first, second = (without_wall_times(grade(lab, tmp_path, 3, proofs.kept_in(), ["turns", "alone"]))
                     for _ in range(2))
    assert first == second and (json.loads(first)["seed"], json.loads(first)["score"]) == (3, 0)


def without_wall_times(result):
    return proofs.without_wall_times(formats.as_json(result))


def stint(*words, **options):
    return subprocess.run([sys.executable, str(ROOT / "tools" / "stint"), *map(str, words)], capture_output=True,
                          text=True, check=False, timeout=300, cwd=ROOT, **options)


def test_a_class_of_one_good_one_broken_and_one_endless(tmp_path, kept_in):
    lab = find_lab(5)
    good = proofs.reference_files(lab)["sched/rr.c"]
    offer = "END(vcpu) = vcpu->ran;\n"
    assert offer in good and kept_in
    for name, text in (("good", good), ("broken", good + "}"), ("endless", good.replace(offer, "for (;;);\n"))):
        proofs.hand_in(tmp_path / "class" / name, {"sched/rr.c": text})
    done = stint("grade-class", tmp_path / "class", "--lab", 5, "--jobs", 2, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "out" / "grades.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[:4] for line in lines[1:]] == [
        ["broken", "graded", "0", "100"], ["endless", "graded", "72", "100"], ["good", "graded", "100", "100"]]
    assert "error:" in (tmp_path / "out" / "broken.txt").read_text("utf-8")
    assert "budget" in (tmp_path / "out" / "endless.txt").read_text("utf-8")


@pytest.mark.parametrize("words, complaint", [
    (["grade", "99"], "lab '99' is not here"),
    (["grade", "5", "--submission", "/nowhere"], "is no folder"),
    (["grade", "5", "--only", "nothing"], "has no test 'nothing'"),
    (["handout", "5", "--out", "docs"], "not empty"),
    (["gdb", "--lab", "5", "--test", "nothing"], "has no test"),
    (["gdb"], "which scenario"),
    (["grade-class", "nowhere", "--lab", "5"], "is no folder")])
def test_what_cannot_be_done_is_said(words, complaint):
    done = stint(*words)
    assert done.returncode == 2 and complaint in done.stderr, done.stderr
    assert os.path.isdir(ROOT / "docs")
