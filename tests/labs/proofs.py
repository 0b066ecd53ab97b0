# SPDX-License-Identifier: MIT
"""What must hold of each lab's grader. Each function hands something in, and returns what is wrong with the grade, in
words; "" when nothing is."""
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor

from stintlib.course import formats, isolation
from stintlib.course.grader import grade
from stintlib.course.handout import make_handout as write_handout
from stintlib.course.holes import holes_of, marked_files, starter_text, without_marks
from stintlib.course.workshop import OBJECTS, starter_files
from stintlib.paths import ROOT

SEED = 1
TIMES = 20           # that a reference is graded beside a busy host
LEAST = 8            # signs of a line that says something
MARK_WRITERS = ("tools/stintlib/course/holes.py", "tests/tools/test_tool_course.py", "tests/tools/test_tool_holes.py")
CODE = ("hyp", "sbi", "sched", "lib", "guest-os", "include")
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
    said = "".join(f'    if ({say})\n        {say}("{line}{end}");\n' for line in lines)    # a host's program has none
    at = text.index("\n", text.rindex("#include")) + 1
    forged = (f"void {say}(const char *fmt, ...) __attribute__((weak));\n"
              f"static void forge(void)\n{{\n    static int once;\n    if (once++)\n        return;\n{said}}}\n")
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


# ---- The student's tree ----

def make_handout(lab, out):
    write_handout(lab, out)
    return out


def leaks(lab, tree):
    """Where in the tree two lines stand that follow each other in a solution, and neither in the starter's text nor
    elsewhere in our code; or a mark of a hole."""
    known = set().union(*(pairs(text) for text in code_without(lab)))
    secret = {pair: hole.name for hole in holes_of(lab)
              for pair in pairs(hole.solution) - pairs(starter_text(lab, hole)) - known}
    found = []
    for path in sorted(tree.rglob("*")):
        name = str(path.relative_to(tree))
        if not path.is_file() or name.startswith((".git/", "build/")):
            continue
        text = path.read_text("utf-8", "replace")
        found += [f"{name} has lines of {secret[pair]}: {' / '.join(pair)}" for pair in pairs(text) & secret.keys()]
        if "SOLUTION" in text and name not in MARK_WRITERS:
            found.append(f"{name} speaks of a solution")
    return found


def code_without(lab):
    """The texts of all our code, with the lab's holes open."""
    marked = marked_files()
    for path in (path for folder in CODE for path in (ROOT / folder).rglob("*.[chS]")):
        name, text = str(path.relative_to(ROOT)), path.read_text("utf-8")
        yield without_marks(name, text, lab) if name in marked else text


def pairs(text):
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if len(line) >= LEAST]
    return set(zip(lines, lines[1:]))


def handout(lab, folder):
    """It builds, boots, says what is missing, and has no points; the commands are those of its README."""
    tree = make_handout(lab, folder / "handout")
    found = leaks(lab, tree)
    if found:
        return "; ".join(found)
    for name in (*OBJECTS, "sim"):    # or it would build for minutes what is the same
        shutil.copytree(ROOT / "build" / name, tree / "build" / name)
    shown = make(tree, "lab")
    missing = [task for text in starter_files(lab).values() for task in re.findall(r"YOUR CODE (\d+\.\d+)", text)]
    silent = [task for task in missing if f": {task}" not in shown.stdout]
    if not missing or silent or "OpenSBI" in shown.stdout:
        return f"'make lab' does not say that {silent or 'something'} is to be written: {shown.stdout}{shown.stderr}"
    if not (tree / "build/hyp/stint.elf").is_file():
        return f"it does not build: {shown.stderr}"
    graded = make(tree, "grade")
    if f"Lab {lab.number}, {lab.title}: 0 of " not in graded.stdout:
        return f"'make grade' does not give 0 points: {graded.stdout}{graded.stderr}"
    return ""


def make(tree, target):
    return subprocess.run(["make", "-s", target], cwd=tree, capture_output=True, text=True, check=False,
                          env={**os.environ, "MAKEFLAGS": ""}, stdin=subprocess.DEVNULL)


# ---- The same grade, whatever else the machine does ----

def again(lab, folder):
    """The reference, 20 times, several at a time and beside one that spins: the same report but for wall times."""
    hand_in(folder, reference_files(lab))
    busy = subprocess.Popen(["sh", "-c", "while :; do :; done"])
    try:
        with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as graders:
            reports = list(graders.map(lambda _: report_on(lab, folder), range(TIMES)))
    finally:
        busy.kill()
        busy.wait()
    different = len(set(reports))
    return "" if different == 1 else f"{different} different reports of {TIMES}"


def report_on(lab, folder):
    return without_wall_times(formats.as_json(grade(lab, folder, SEED, kept_in())))


def without_wall_times(report):
    return re.sub(r'"wall_s": [0-9.]+', '"wall_s": 0', report)
