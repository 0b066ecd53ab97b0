# SPDX-License-Identifier: MIT
"""The course's tools, without a machine: holes, forms of a grade, what a class's folder becomes."""
import csv
import json
from argparse import Namespace
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from stintlib.course import catalogue, classroom, formats, handout, holes
from stintlib.course.grader import BUILDS, Grade, chosen, run_one, timeline_of
from stintlib.course.trial import Test as LabTest
from stintlib.course.trial import Trial, Verdict
from stintlib.errors import COULD_NOT, NO, OK, CannotRun
from stintlib.rows import Row, relative

TEXT = """one();
    /* BEGIN SOLUTION 5.first */
    two();
    /* END SOLUTION */
three();
/* BEGIN SOLUTION 7.second */
four();
/* END SOLUTION */
"""


class TestHoles:
    def test_are_found_with_their_text(self):
        found = holes.holes_in("f.c", TEXT)
        assert [(hole.lab, hole.name, hole.solution) for hole in found] == [
            (5, "first", "    two();\n"), (7, "second", "four();\n")]

    @pytest.mark.parametrize("text, complaint", [
        ("/* BEGIN SOLUTION 5.a */\n", "has no end"), ("/* END SOLUTION */\n", "has not begun"),
        ("/* BEGIN SOLUTION 5.a */\n/* BEGIN SOLUTION 5.b */\n/* END SOLUTION */\n", "has no end")])
    def test_that_are_not_closed_are_refused(self, text, complaint):
        with pytest.raises(CannotRun, match=complaint):
            holes.holes_in("f.c", text)

    def test_of_one_lab_are_open_and_all_others_closed(self, tmp_path):
        (tmp_path / "starter").mkdir()
        (tmp_path / "starter" / "first.txt").write_text("    /* YOUR CODE 5.1 */\n")
        lab = catalogue.Lab(5, tmp_path, "", ("f.c",), "", (), {})
        text = holes.without_marks("f.c", TEXT, lab)
        assert text == "one();\n    /* YOUR CODE 5.1 */\nthree();\nfour();\n"
        (tmp_path / "f.c").write_text(text)
        assert list(holes.still_to_write(lab, tmp_path)) == [("f.c", 2, "5.1")]

    def test_without_a_starters_text_are_refused(self, tmp_path):
        lab = catalogue.Lab(5, tmp_path, "", ("f.c",), "", (), {})
        with pytest.raises(CannotRun, match="5.first has no text"):
            holes.without_marks("f.c", TEXT, lab)


def lab_of(folder):
    return catalogue.Lab(5, folder, "round robin", ("sched/rr.c",), "thief", (), {})


def some_grade(folder, statuses=("passed", "failed", "skipped", "error")):
    lab, verdicts = lab_of(folder), [Verdict(BUILDS, "passed", wall_s=1.5)]
    for number, status in enumerate(statuses):
        made = LabTest(f"t{number}", 20, f"title <{number}> & more", "sched/rr.c: rr_pick", (), (), number == 2, print)
        verdicts.append(Verdict(made, status, [Row("a", "share of a", "%", 50.0, 41.25, relative(3))],
                                "it was\nslow" if status != "passed" else "", ["pCPU 0  aaabbb"]))
    return Grade(lab, 7, verdicts, [("sched/rr.c", 12, "5.2")], 12.34)


def run_of(words, vcpus=2):
    """A run of 100 ms whose timeline is these words."""
    return SimpleNamespace(trace=[], ended=SimpleNamespace(how="off"), timeline=lambda begin, end: [words],
                           history=SimpleNamespace(start=0, end=1000000, ns=100, vcpus=[None] * vcpus))


class TestFailure:
    def trial(self, *seen):
        """One run for each, in which that was seen where 1 is expected."""
        trial = Trial(SimpleNamespace(lab=SimpleNamespace(number=5)), LabTest("t", 1, "", "", (), (), False, print), 1)
        for number, value in enumerate(seen):
            trial.runs.append(run_of(f"run {number}"))
            trial.expect("a", 1, value)
        return trial

    @pytest.mark.parametrize("seen, run", [((1, 2, 1), 1), ((2, 1, 2), 0), ((1, 1, 1), 2)])
    def test_shows_the_run_that_the_first_bad_row_is_about_or_the_last(self, seen, run):
        assert timeline_of(self.trial(*seen)) == [f"run {run}"]

    def test_draws_no_crowd(self):
        trial = self.trial(2)
        trial.runs = [run_of("run 0", vcpus=128)]
        assert timeline_of(trial) == ["(nothing is drawn of 128 VCPUs)"]

    def test_says_what_a_report_lacks(self):
        made = LabTest("t", 1, "", "", (), (), False, lambda trial: {}["had_ns"])
        verdict = run_one(SimpleNamespace(lab=SimpleNamespace(number=5)), made, 1)
        assert verdict.status == "failed" and "no 'had_ns': it did not come so far" in verdict.why


class TestGrade:
    def test_is_the_sum_of_what_passed(self, tmp_path):
        grade = some_grade(tmp_path)
        assert (grade.score, grade.most) == (20, 80)

    @pytest.mark.parametrize("statuses, code", [(("passed",), OK), (("passed", "failed"), NO), (("skipped",), NO),
                                                (("passed", "error"), COULD_NOT)])
    def test_exit_code_is_0_at_full_score_only(self, tmp_path, statuses, code):
        assert some_grade(tmp_path, statuses).exit_code == code

    def test_as_text_says_what_was_expected_where_to_look_and_what_to_type(self, tmp_path):
        text = formats.as_text(some_grade(tmp_path))
        for words in ("20 of 80 points (seed 7)", "50 %", "±3 % of it", "41.25 %", "<--", "pCPU 0  aaabbb",
                      "look at:   sched/rr.c: rr_pick", "make gdb LAB=5 T=t1 SEED=7", "sched/rr.c:12: 5.2",
                      "for a reason that is not the submission's"):
            assert words in text, words

    def test_as_text_has_what_tests_look_at_in_one_column(self, tmp_path):
        head, builds, *rows = formats.as_text(some_grade(tmp_path)).splitlines()[2:8]
        assert len(rows) == 4
        columns = {row.index("title <") for row in rows}
        assert columns == {head.index("what it looks at")} == {builds.index("it compiles")}

    def test_as_json_has_every_row(self, tmp_path):
        data = json.loads(formats.as_json(some_grade(tmp_path)))
        assert data["score"] == 20 and data["max_score"] == 80 and data["seed"] == 7
        assert data["tests"][1]["rows"] == [{"what": "share of a", "unit": "%", "expected": 50.0, "seen": 41.25,
                                             "tolerance": "±3 % of it", "ok": False}]

    def test_as_gradescope_is_what_gradescope_specifies(self, tmp_path):
        data = json.loads(formats.as_gradescope(some_grade(tmp_path)))
        assert "score" not in data, "it would override the sum of the tests"
        kinds = {"tests": list, "execution_time": int, "output": str, "stdout_visibility": str, "visibility": str,
                 "leaderboard": list, "extra_data": dict}
        assert all(isinstance(value, kinds[key]) for key, value in data.items())
        for test in data["tests"]:
            assert set(test) == {"score", "max_score", "status", "name", "number", "output", "output_format", "tags",
                                 "visibility"}
            assert isinstance(test["score"], (int, float)) and 0 <= test["score"] <= test["max_score"]
            assert test["status"] in ("passed", "failed") and test["output_format"] in ("text", "html", "simple_format",
                                                                                        "md", "ansi")
            assert test["visibility"] in ("visible", "hidden", "after_due_date", "after_published")
            assert isinstance(test["tags"], list) and all(isinstance(tag, str) for tag in test["tags"])
            assert isinstance(test["output"], str) and isinstance(test["name"], str)
        assert [test["visibility"] for test in data["tests"]].count("after_published") == 1
        assert sum(test["score"] for test in data["tests"]) == 20

    def test_as_junit_is_what_junit_readers_read(self, tmp_path):
        suite = ElementTree.fromstring(formats.as_junit(some_grade(tmp_path)).encode())
        assert suite.tag == "testsuite"
        cases = suite.findall("testcase")
        assert len(cases) == int(suite.get("tests")) == 5
        for tag, attribute in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            found = [case for case in cases if case.find(tag) is not None]
            assert len(found) == int(suite.get(attribute)) == 1
            assert found[0].find(tag).get("message")
        for case in cases:
            assert case.get("name") and case.get("classname") == "lab05" and float(case.get("time")) >= 0
            assert len(case) <= 1
        float(suite.get("time"))


class TestChoice:
    @staticmethod
    def lab(tmp_path):
        (tmp_path / "tests.py").write_text(
            "from stintlib.course import test\n"
            "@test(points=1, title='a')\ndef one(trial): pass\n"
            "@test(points=1, title='b', needs=('one',))\ndef two(trial): pass\n"
            "@test(points=1, title='c')\ndef three_more(trial): pass\n")
        return catalogue.Lab(77, tmp_path, "", (), "", (), {})

    def test_takes_along_what_is_needed(self, tmp_path):
        assert [test.name for test in chosen(self.lab(tmp_path), ["two"])] == ["one", "two"]

    def test_of_an_unknown_one_names_those_that_are_there(self, tmp_path):
        with pytest.raises(CannotRun, match="has no test 'four': it has one, two, three-more"):
            chosen(self.lab(tmp_path), ["four"])


def test_what_varies_hangs_on_seed_lab_and_test_alone():
    def draws(seed, name):
        made = LabTest(name, 1, "", "", (), (), False, print)
        return Trial(Namespace(lab=Namespace(number=5)), made, seed).random.random()

    assert draws(1, "a") == draws(1, "a")
    assert len({draws(1, "a"), draws(2, "a"), draws(1, "b")}) == 3


@pytest.mark.parametrize("wanted, complaint", [("99", "is not here"), ("nonsense", "is not here")])
def test_an_unknown_lab_is_refused_with_those_that_are_there(wanted, complaint):
    with pytest.raises(CannotRun, match=f"{complaint}.*5 \\(round-robin\\)"):
        catalogue.find_lab(wanted)


def test_a_handout_takes_no_folder_that_has_something_in_it(tmp_path):
    (tmp_path / "mine.c").write_text("int mine;\n")
    with pytest.raises(CannotRun, match="not empty"):
        handout.make_handout(catalogue.find_lab(5), tmp_path)
    assert (tmp_path / "mine.c").read_text() == "int mine;\n"


class TestClass:
    """grade-class, with a grader that only looks at a file's first word."""

    @pytest.fixture
    def world(self, tmp_path, monkeypatch):
        calls = []
        for name, text in (("anna", "good"), ("bert", "bad"), ("cleo", "broken")):
            (tmp_path / "in" / name / "sched").mkdir(parents=True)
            (tmp_path / "in" / name / "sched" / "rr.c").write_text(text)

        def run_grade(words, report, scratch):
            name = words[words.index("--submission") + 1].rsplit("/", 1)[1]
            calls.append(name)
            report.write_text(f"the report of {name}\n")
            if name == "cleo":
                return {"status": "error", "why": "the machine burns"}
            points = 30 if name == "anna" else 0
            return {"status": "graded", "why": "", "grade": {
                "score": points, "max_score": 30, "seed": 1, "tests": [{"name": "turns", "score": points}]}}

        monkeypatch.setattr(classroom, "run_grade", run_grade)
        return tmp_path, calls

    @staticmethod
    def grade(tmp_path, jobs=2, seed=1):
        return classroom.main(Namespace(lab="5", folder=str(tmp_path / "in"), jobs=jobs, out=str(tmp_path / "out"),
                                        seed=seed, unsafe=False))

    def test_writes_a_line_and_a_report_each(self, world, capsys):
        tmp_path, _ = world
        assert self.grade(tmp_path) == COULD_NOT
        rows = list(csv.reader((tmp_path / "out" / "grades.csv").open(encoding="utf-8")))
        assert rows == [["submission", "status", "score", "max_score", "seed", "turns"],
                        ["anna", "graded", "30", "30", "1", "30"], ["bert", "graded", "0", "30", "1", "0"],
                        ["cleo", "error", "", "", "", ""]]
        assert (tmp_path / "out" / "anna.txt").read_text() == "the report of anna\n"
        assert "cleo could not be graded: the machine burns" in capsys.readouterr().out

    def test_goes_on_where_it_stopped(self, world):
        tmp_path, calls = world
        self.grade(tmp_path)
        calls.clear()
        self.grade(tmp_path)
        assert calls == ["cleo"]

    def test_grades_again_what_has_changed(self, world):
        tmp_path, calls = world
        self.grade(tmp_path)
        calls.clear()
        (tmp_path / "in" / "bert" / "sched" / "rr.c").write_text("better")
        self.grade(tmp_path)
        assert sorted(calls) == ["bert", "cleo"]
        calls.clear()
        self.grade(tmp_path, seed=2)
        assert sorted(calls) == ["anna", "bert", "cleo"]

    @pytest.mark.parametrize("folder", ["nowhere", "in/anna/sched"])
    def test_refuses_a_folder_without_submissions(self, world, folder):
        tmp_path, _ = world
        with pytest.raises(CannotRun, match="folder"):
            classroom.main(Namespace(lab="5", folder=str(tmp_path / folder), jobs=1, out=None, seed=1, unsafe=False))
