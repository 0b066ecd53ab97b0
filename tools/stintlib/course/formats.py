# SPDX-License-Identifier: MIT
"""A grade in the forms that people and machines read: text, JSON, JUnit's XML, and Gradescope's results.json. But for
wall-clock times nothing in them hangs on the machine that graded."""
import json
from xml.etree import ElementTree

from stintlib.rows import show_number
from stintlib.text import indent, table

WORDS = {"passed": "passed", "failed": "FAILED", "skipped": "skipped", "error": "ERROR"}


def as_text(grade):
    lab = grade.lab
    lines = [f"Lab {lab.number}, {lab.title}: {grade.score} of {grade.most} points (seed {grade.seed})", ""]
    points = table(["test", "", "points", ""],
                   [[verdict.test.name, WORDS[verdict.status], verdict.points, f"/ {verdict.test.points}"]
                    for verdict in grade.verdicts], left=2)
    titles = ["what it looks at", *(verdict.test.title for verdict in grade.verdicts)]
    width = max(map(len, points))
    lines += indent([f"{row:<{width}}    {title}" for row, title in zip(points, titles)])
    for verdict in grade.verdicts:
        if verdict.status not in ("passed", "skipped"):
            lines += ["", *explain(grade, verdict)]
    lines += skipped(grade)
    for test, board in grade.boards:
        lines += ["", f"Scoreboard of '{test.name}', no points:", *indent(board.lines())]
    if grade.to_write:
        lines += ["", "Still to be written:"] + [f"    {file}:{line}: {task}" for file, line, task in grade.to_write]
    if grade.errors:
        lines += ["", "Grading failed for a reason that is not the submission's: grade it again."]
    lines += ["", f"graded in {grade.wall_s:.1f} s"]
    return "\n".join(lines) + "\n"


def skipped(grade):
    """A line for each reason."""
    tests = {}
    for verdict in grade.verdicts:
        if verdict.status == "skipped":
            tests.setdefault(verdict.why, []).append(verdict.test.name)
    return [line for why, names in tests.items() for line in ("", f"skipped: {', '.join(names)}: {why}")]


def explain(grade, verdict):
    """A test that did not pass: expected and seen, where, what to type next."""
    test = verdict.test
    lines = [f"{test.name} {WORDS[verdict.status]}: {test.title}"]
    lines += indent(indent(verdict.why.splitlines()))
    if verdict.rows:
        lines += indent(indent(show_rows(verdict.rows)))
    if verdict.notes:
        lines += indent(["", "who ran when:", *indent(verdict.notes), ""])
    if verdict.status == "failed" and test.run:
        lines += indent([f"look at:   {test.look}"] if test.look else [])
        if not test.hidden and test.gdb is not None:
            lines += indent([f"go there:  make gdb LAB={grade.lab.number} T={test.name} SEED={grade.seed}"])
    return lines


def show_rows(rows):
    return table(["", "expected", "", "seen", ""],
                 [[row.what, shown(row.expected, row.unit), row.tolerance.text, shown(row.measured, row.unit),
                   "" if row.ok else "<--"] for row in rows])


def shown(value, unit):
    return f"{show_number(value)} {unit}".rstrip()


def as_data(grade):
    return {
        "lab": grade.lab.number, "title": grade.lab.title, "seed": grade.seed,
        "score": grade.score, "max_score": grade.most, "wall_s": round(grade.wall_s, 3),
        "tests": [{
            "name": verdict.test.name, "title": verdict.test.title, "status": verdict.status,
            "score": verdict.points, "max_score": verdict.test.points, "hidden": verdict.test.hidden,
            "why": verdict.why, "look": verdict.test.look, "needs": list(verdict.test.needs),
            "rows": [{"what": row.what, "unit": row.unit, "expected": row.expected, "seen": row.measured,
                      "tolerance": row.tolerance.text, "ok": row.ok} for row in verdict.rows],
            "timeline": verdict.notes, "wall_s": round(verdict.wall_s, 3),
        } for verdict in grade.verdicts],
        "boards": [{"test": test.name, **board.as_data()} for test, board in grade.boards],
        "still_to_write": [{"file": file, "line": line, "task": task} for file, line, task in grade.to_write],
    }


def as_json(grade):
    return json.dumps(as_data(grade), indent=2) + "\n"


def as_gradescope(grade):
    """Without a top-level score, which would override the sum of the tests'. Gradescope calls a test failed or passed
    by `status`; what grading itself failed at says so in its output. The last scoreboard is the one that counts."""
    leaders = {"leaderboard": grade.boards[-1][1].leaders()} if grade.boards else {}
    return json.dumps({
        "execution_time": round(grade.wall_s),
        "output": f"Lab {grade.lab.number}, {grade.lab.title}: seed {grade.seed}",
        "stdout_visibility": "hidden",
        "tests": [{
            "name": f"{verdict.test.name}: {verdict.test.title}", "number": str(number),
            "score": verdict.points, "max_score": verdict.test.points,
            "status": "passed" if verdict.status == "passed" else "failed",
            "output": "" if verdict.status == "passed" else "\n".join(explain(grade, verdict)),
            "output_format": "text", "tags": [verdict.status],
            "visibility": "after_published" if verdict.test.hidden else "visible",
        } for number, verdict in enumerate(grade.verdicts, 1)],
        **leaders,
    }, indent=2) + "\n"


def as_junit(grade):
    """`error` is the infrastructure's fault, `failure` the submission's."""
    count = {status: sum(verdict.status == status for verdict in grade.verdicts) for status in WORDS}
    suite = ElementTree.Element("testsuite", name=f"lab {grade.lab.number}", tests=str(len(grade.verdicts)),
                                failures=str(count["failed"]), errors=str(count["error"]),
                                skipped=str(count["skipped"]), time=f"{grade.wall_s:.3f}")
    for verdict in grade.verdicts:
        case = ElementTree.SubElement(suite, "testcase", name=verdict.test.name, time=f"{verdict.wall_s:.3f}",
                                      classname=f"lab{grade.lab.number:02}")
        if verdict.status != "passed":
            tag = {"failed": "failure", "skipped": "skipped", "error": "error"}[verdict.status]
            reason = verdict.why.splitlines()[0] if verdict.why else verdict.test.title
            ElementTree.SubElement(case, tag, message=reason).text = "\n".join(explain(grade, verdict))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
