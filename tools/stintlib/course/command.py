# SPDX-License-Identifier: MIT
"""`stint grade`, `stint lab`: what one types in a lab."""
import sys
import tempfile
from pathlib import Path

from stintlib import gdb, run
from stintlib.course import formats, isolation
from stintlib.course.catalogue import find_lab
from stintlib.course.grader import chosen, grade, trusted
from stintlib.course.holes import still_to_write
from stintlib.course.scene import write_scene
from stintlib.errors import CannotRun
from stintlib.paths import BUILD, ROOT, shown



def grade_main(options):
    """Builds a lab's files into a tree of ours, runs the lab's tests with it, and shows what was expected beside what
    was seen."""
    lab = find_lab(options.lab)
    submission = Path(options.submission) if options.submission else ROOT
    if not submission.is_dir():
        raise CannotRun(f"{shown(submission)} is no folder: --submission names the one that was handed in")
    result = grade(lab, submission, options.seed, kept_in(options, submission), options.only, show_progress)
    text = getattr(formats, f"as_{options.format}")(result)
    if options.out:
        try:
            Path(options.out).write_text(text, "utf-8")
        except OSError as error:
            raise CannotRun(f"the grade cannot be written to {options.out}: {error.strerror}") from error
    if options.out and options.format != "text":
        text = formats.as_text(result)
    sys.stdout.write(text)
    return result.exit_code


def kept_in(options, submission):
    """One's own tree is trusted, and so is what --unsafe says is."""
    if trusted(submission) or options.unsafe:
        return isolation.none()
    return isolation.isolation(hidden=[others_of(submission.resolve())])


def others_of(submission):
    """The folder that has the other submissions in it, unless what is needed lies there, too."""
    needed = (Path("/usr"), Path(tempfile.gettempdir()))
    return submission if any(path.is_relative_to(submission.parent) for path in needed) else submission.parent


def show_progress(verdict):
    if sys.stderr.isatty():
        print(f"\r{verdict.test.name}: {verdict.status}\x1b[K", end="\r", file=sys.stderr, flush=True)


def lab_main(options):
    """What is still to be written, and the lab's scenario: the tree as it is, at work."""
    lab = find_lab(options.lab)
    print(f"Lab {lab.number}, {lab.title}. You write {' and '.join(lab.files)}.")
    places = list(still_to_write(lab, ROOT))
    print("\n".join(["Still to be written:"] + [f"    {file}:{line}: {task}" for file, line, task in places]
                    if places else ["No place says any more that it waits for your code."]), flush=True)
    print(f"\nThis is the scenario {lab.show}:", flush=True)
    options.scenario = str(lab.folder / lab.show) if (lab.folder / lab.show).is_file() else lab.show
    return run.main(options)


def gdb_main(options):
    """Starts a scenario halted, and gdb on it, with the symbols of the hypervisor and of the guests and the commands of
    tools/gdb. With --lab, the scenario is that of one of its tests."""
    if options.test:
        lab = find_lab(options.lab)
        (test,) = [test for test in chosen(lab, [options.test]) if test.name == options.test]
        path, sets = write_scene(lab, test, options.seed, BUILD / "scene")
        options.scenario, options.set = str(path), [*sets, *options.set]
        options.ex = [*(test.gdb or ()), *options.ex]
    elif not options.scenario:
        raise CannotRun("which scenario? Name one, or --lab N --test NAME for that of a lab's test")
    return gdb.main(options)
