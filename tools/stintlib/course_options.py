# SPDX-License-Identifier: MIT
"""The sub-commands of the course and their options."""
EPILOG = ("Exit codes: 0: full score; 1: less than that; 2: grading could not happen, and the message says why. "
          "The same seed gives the same tests and the same verdicts on every machine.")
DEFAULT_SEED = 1
FORMATS = ("text", "json", "junit", "gradescope")    # functions of stintlib.course.formats


def add_course(commands):
    add_grade(commands)
    add_class(commands)
    add_handout(commands)
    add_lab(commands)


def add_number(parser):
    parser.add_argument("lab", metavar="LAB", nargs="?", help="its number (in a student's tree: the one that is there)")


def add_trust(parser):
    parser.add_argument("--unsafe", action="store_true",
                        help="run the submission as yourself where this machine cannot keep it in")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N",
                        help=f"of everything that varies from run to run ({DEFAULT_SEED})")


def add_grade(commands):
    parser = commands.add_parser("grade", help="grade a lab", epilog=EPILOG)
    parser.set_defaults(command="stintlib.course.command:grade_main")
    add_number(parser)
    parser.add_argument("--submission", metavar="DIR", help="what was handed in (this tree itself)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="text")
    parser.add_argument("--out", metavar="FILE", help="where it is written to, beside the text on the terminal")
    parser.add_argument("--only", metavar="TEST", action="append", default=[],
                        help="this test and what it needs; may be repeated")
    add_trust(parser)


def add_class(commands):
    parser = commands.add_parser("grade-class", help="grade a folder of submissions", epilog=EPILOG)
    parser.set_defaults(command="stintlib.course.classroom:main")
    parser.add_argument("folder", metavar="DIR", help="a folder with one folder for each submission")
    parser.add_argument("--lab", metavar="LAB", help="the lab's number")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="so many submissions at a time (1)")
    parser.add_argument("--out", metavar="DIR", help="the reports and grades.csv (build/class/LAB)")
    add_trust(parser)


def add_handout(commands):
    parser = commands.add_parser("handout", help="make the tree that students of a lab get")
    parser.set_defaults(command="stintlib.course.handout:main")
    parser.add_argument("lab", metavar="LAB", help="its number")
    parser.add_argument("--out", metavar="DIR", required=True, help="the folder to be made")


def add_lab(commands):
    parser = commands.add_parser("lab", help="what a lab's student still has to write, and its scenario at work")
    parser.set_defaults(command="stintlib.course.command:lab_main", time=None, sched=None, pcpus=None, set=[],
                        json=None, trace=None, no_trace=False, realtime=False, gdb=False, quiet=False, shift=4,
                        scratch=None, watchdog=None)
    add_number(parser)
