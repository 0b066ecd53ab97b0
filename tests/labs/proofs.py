# SPDX-License-Identifier: MIT
"""What must hold of each lab's grader. Each function hands something in, and returns what is wrong with the grade, in
words; "" when nothing is."""
import re
import subprocess

from stintlib.course import isolation
from stintlib.course.grader import grade
from stintlib.course.workshop import starter_files
from stintlib.paths import ROOT

SEED = 1
FUNCTION = re.compile(r"^\{\n", re.MULTILINE)


def kept_in():
    return isolation.none()


def hand_in(folder, files):
    """A submission of these files: {name: text}."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def reference_files(lab):
    return {name: (reference_of(lab, name)).read_text("utf-8") for name in lab.files}


def reference_of(lab, name):
    """A file that our own tree does not have is the lab's own."""
    return lab.folder / "reference" / name if name in lab.added else ROOT / name


def reference(lab, folder):
    """Full score; and the points of a lab are 100 in all."""
    result = grade(lab, hand_in(folder, reference_files(lab)), SEED, kept_in())
    if result.most != 100:
        return f"its tests have {result.most} points in all, not 100"
    return "" if result.score == 100 else told(result)


def starter(lab, folder):
    """It builds, and no test that has points passes."""
    result = grade(lab, hand_in(folder, starter_files(lab)), SEED, kept_in())
    if result.verdicts[0].status != "passed":
        return f"the starter does not build: {result.verdicts[0].why}"
    won = [verdict.test.name for verdict in result.verdicts if verdict.points]
    return f"the starter passes {', '.join(won)}" if won else errors_of(result)


def forger(lab, folder):
    """The starter, saying all that a report could say of a full score, in every function: it gains nothing."""
    lines = [f"{test.name} passed {test.points} / {test.points}" for test in lab.tests()] + ["PASS", "ok", "100 of 100"]
    files = {name: forge(name, text, lines) if name.endswith(".c") else text
             for name, text in starter_files(lab).items()}
    result = grade(lab, hand_in(folder, files), SEED, kept_in())
    if result.verdicts[0].status != "passed":
        return f"the forger does not build: {result.verdicts[0].why}"
    return f"the forger has {result.score} points" if result.score else errors_of(result)


def forge(name, text, lines):
    """Every function of the file first calls one that says the lines, once."""
    say, end = ("say", "") if name.startswith("guest-os/") else ("console_print", "\\n")
    said = "".join(f'    {say}("{line}{end}");\n' for line in lines)
    at = text.index("\n", text.rindex("#include")) + 1
    forged = (f"void {say}(const char *fmt, ...);\nstatic void forge(void)\n{{\n    static int once;\n"
              f"    if (once++)\n        return;\n{said}}}\n")
    return text[:at] + forged + FUNCTION.sub("{\n    forge();\n", text[at:])


def mutant(lab, patch, folder):
    """The test that it names fails, and nothing about grading itself does."""
    name = re.match(r"test: (\S+)\n", patch.read_text("utf-8"))
    if not name:
        return "its first line does not say 'test: NAME', the test that must notice it"
    hand_in(folder, reference_files(lab))
    done = subprocess.run(["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch", "-i", str(patch)], cwd=folder,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        return f"it does not apply any more; make it anew: {done.stdout}{done.stderr}"
    result = grade(lab, folder, SEED, kept_in(), only=[name[1]])
    if result.verdicts[0].status != "passed":
        return f"it does not build: {result.verdicts[0].why}"
    (verdict,) = [verdict for verdict in result.verdicts if verdict.test.name == name[1]]
    return "" if verdict.status == "failed" else f"'{name[1]}' is {verdict.status}. {verdict.why}"


def errors_of(result):
    return "; ".join(verdict.why for verdict in result.errors)


def told(result):
    return "; ".join(f"{verdict.test.name} {verdict.status}: {verdict.why or bad_rows(verdict)}"
                     for verdict in result.verdicts if verdict.status != "passed")


def bad_rows(verdict):
    return ", ".join(f"{row.what}: {row.measured} instead of {row.expected}" for row in verdict.rows if not row.ok)
