# SPDX-License-Identifier: MIT
"""Grades a folder of submissions, a folder each: a report a student, and grades.csv. Each is graded by a process of
its own, so that none can harm another. One that was interrupted goes on where it stopped: what is graded already, with
the same seed and of the same files, is not graded again."""
import csv
import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from stintlib.course.catalogue import find_lab
from stintlib.course.workshop import NotBuilt, read_submitted
from stintlib.errors import COULD_NOT, OK, CannotRun
from stintlib.paths import BUILD, ROOT, shown

STINT = [sys.executable, str(ROOT / "tools" / "stint")]
BOUND = 900    # wall-clock seconds for one submission
BAR = 30


def main(options):
    lab, folder = find_lab(options.lab), Path(options.folder)
    if not folder.is_dir():
        raise CannotRun(f"{shown(folder)} is no folder")
    submissions = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not submissions:
        raise CannotRun(f"{shown(folder)} has no folders in it: each submission is one")
    if options.jobs < 1:
        raise CannotRun("--jobs takes a number from 1")
    out = Path(options.out) if options.out else BUILD / "class" / lab.folder.name
    out.mkdir(parents=True, exist_ok=True)
    results = grade_all(lab, submissions, out, options)
    write_csv(results, out / "grades.csv")
    failed = [name for name, data in results.items() if data["status"] != "graded"]
    print(f"{len(results) - len(failed)} of {len(results)} graded; {shown(out / 'grades.csv')} has the scores, and "
          f"{shown(out)} a report each")
    for name in failed:
        print(f"{name} could not be graded: {results[name]['why']}")
    return COULD_NOT if failed else OK


def grade_all(lab, submissions, out, options):
    """{name: what became of it}, by name."""
    results = {}
    with ThreadPoolExecutor(options.jobs) as workers:
        running = [workers.submit(grade_one, lab, path, out, options) for path in submissions]
        try:
            for done, future in enumerate(as_completed(running), 1):
                name, data = future.result()
                results[name] = data
                show_bar(done, len(running), name)
        except KeyboardInterrupt:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
    return dict(sorted(results.items()))


def show_bar(done, of, name):
    """On a terminal over and over in one line; elsewhere a line each."""
    bar = "#" * (BAR * done // of)
    end = "\r" if sys.stderr.isatty() and done < of else "\n"
    print(f"[{bar:<{BAR}}] {done}/{of} {name}\x1b[K" if sys.stderr.isatty() else f"{done}/{of} {name}", end=end,
          file=sys.stderr, flush=True)


def grade_one(lab, path, out, options):
    """(name, its data); that of an earlier time where nothing has changed."""
    name, report, state = path.name, out / f"{path.name}.txt", out / f"{path.name}.json"
    key = key_of(lab, path, options.seed)
    known = read_state(state)
    if known and known.get("key") == key and known["status"] == "graded" and report.is_file():
        return name, known
    words = ["grade", str(lab.number), "--submission", str(path), "--seed", str(options.seed), "--format", "json"]
    data = {"key": key, **run_grade(words + (["--unsafe"] if options.unsafe else []), report, out / f"{name}.new")}
    state.write_text(json.dumps(data, indent=2) + "\n", "utf-8")
    return name, data


def run_grade(words, report, scratch):
    try:
        done = subprocess.run([*STINT, *words, "--out", str(scratch)], capture_output=True, text=True, errors="replace",
                              stdin=subprocess.DEVNULL, timeout=BOUND, check=False)
    except subprocess.TimeoutExpired:
        return {"status": "error", "why": f"grading took longer than {BOUND} s"}
    report.write_text(done.stdout or done.stderr, "utf-8")
    try:
        grade = json.loads(scratch.read_text("utf-8"))
        scratch.unlink()
    except (OSError, ValueError):
        return {"status": "error", "why": (done.stderr.strip() or "it left no grade").removeprefix("stint: ")}
    if done.returncode == COULD_NOT:
        return {"status": "error", "why": "some tests could not be run on this machine", "grade": grade}
    return {"status": "graded", "why": "", "grade": grade}


def key_of(lab, path, seed):
    """What the grade hangs on."""
    digest = hashlib.sha256(f"{lab.number} {seed}".encode())
    for name in lab.files:
        try:
            digest.update(read_submitted(path.resolve(), name))
        except NotBuilt:
            digest.update(b"missing")
    for source in sorted(lab.folder.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def read_state(path):
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def write_csv(results, path):
    """A line a student: score, the most there is, and the points of each test."""
    tests = []
    for data in results.values():
        tests += [test["name"] for test in data.get("grade", {}).get("tests", []) if test["name"] not in tests]
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["submission", "status", "score", "max_score", "seed", *tests])
        for name, data in results.items():
            grade = data.get("grade", {})
            points = {test["name"]: test["score"] for test in grade.get("tests", [])}
            writer.writerow([name, data["status"], *(grade.get(key, "") for key in ("score", "max_score", "seed")),
                             *(points.get(test, "") for test in tests)])
