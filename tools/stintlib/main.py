# SPDX-License-Identifier: MIT
"""The command line: sub-commands, their options, and how they end."""
import argparse
import os
import signal
import sys

from stintlib.course_options import DEFAULT_SEED, add_course
from stintlib.errors import COULD_NOT, CannotRun
from stintlib.subcommand import Subcommand, load

EPILOG = "Exit codes: 0; 1: it ran, and the answer is no (a VM crashed); 2: it could not run, and the message says why."


def main(arguments=None):
    options = parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(COULD_NOT))
    try:
        return load(options.command)(options)
    except CannotRun as error:
        print(f"stint: {error}", file=sys.stderr)
        return COULD_NOT
    except KeyboardInterrupt:
        print("stint: interrupted", file=sys.stderr)
        return COULD_NOT
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return COULD_NOT


def parse(arguments):
    parser = argparse.ArgumentParser(prog="stint", description="A small hypervisor for teaching.", epilog=EPILOG)
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=Subcommand)
    add_run(commands)
    add_sim(commands)
    add_native(commands)
    add_timeline(commands)
    add_plot(commands)
    add_compare(commands)
    add_experiments(commands)
    add_gdb(commands)
    add_course(commands)
    add_setup(commands, "doctor", "say what is installed, what is missing, and how to get it")
    add_setup(commands, "setup", "install what is missing")
    options, rest = parser.parse_known_args(arguments)
    if any(word.startswith("-") for word in rest) or rest and options.command != "stintlib.native:main":
        parser.error(f"what is meant by: {' '.join(rest)}?")
    if rest:    # a guest's arguments may stand among our options
        options.args += rest
    return options


def add_run(commands):
    parser = commands.add_parser("run", help="run a scenario and report who had the CPU", epilog=EPILOG)
    parser.set_defaults(command="stintlib.run:main")
    add_scenario(parser)
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON; '-': to stdout, instead of tables")
    parser.add_argument("--trace", metavar="FILE", help="write what happened, for 'stint timeline'")
    parser.add_argument("--no-trace", action="store_true", help="keep no trace at all")
    parser.add_argument("--realtime", action="store_true",
                        help="on the wall clock with parallel harts, the console on this terminal")
    parser.add_argument("--gdb", action="store_true", help="start halted and wait for gdb")
    parser.add_argument("--quiet", action="store_true", help="do not show the guests' console")


def add_sim(commands):
    parser = commands.add_parser("sim", help="run a scenario in the simulator", epilog=EPILOG)
    parser.set_defaults(command="stintlib.sim:main", realtime=False, gdb=False)
    add_changes(parser)
    add_scratch(parser)
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON; '-': to stdout, instead of tables")
    parser.add_argument("--trace", metavar="FILE", help="write what happened, for 'stint timeline'")
    parser.add_argument("--no-trace", action="store_true", help="keep no trace at all")
    parser.add_argument("--switch-cost", metavar="TIME", default="0ns",
                        help="what it takes to switch to another VCPU (0ns)")
    parser.add_argument("--quiet", action="store_true", help="as for 'run': there is no console to show")


def add_scenario(parser, optional=False):
    add_changes(parser, optional)
    add_machine(parser)


def add_changes(parser, optional=False):
    parser.add_argument("scenario", metavar="SCENARIO", nargs="?" if optional else None,
                        help="a file, or a name in scenarios/")
    parser.add_argument("--for", dest="time", metavar="TIME", help="virtual time after which it ends, as in 500ms")
    parser.add_argument("--sched", metavar="NAME", help="another scheduler")
    parser.add_argument("--pcpus", metavar="N", help="another number of pCPUs")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[],
                        help="another value for a key of the scenario's top")


def add_machine(parser):
    parser.add_argument("--shift", type=shift, default=4, metavar="N",
                        help="an instruction takes 2^N ns of virtual time (4)")
    add_scratch(parser)


def add_scratch(parser):
    parser.add_argument("--scratch", metavar="DIR", help="keep RAM, archive and console in this directory")
    parser.add_argument("--watchdog", type=float, metavar="SECONDS", help="wall-clock time after which it is a hang")


def shift(text):
    if not text.isdecimal() or not 0 <= int(text) <= 10:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 to 10")
    return int(text)


def add_native(commands):
    parser = commands.add_parser("native", help="boot a guest with no hypervisor under it")
    parser.set_defaults(command="stintlib.native:main")
    parser.add_argument("--harts", type=harts, default=1, metavar="N", help="harts of the machine (1)")
    parser.add_argument("--for", dest="time", metavar="TIME", default="10s",
                        help="virtual time after which an endless guest is stopped (10s)")
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON; '-': to stdout, instead of tables")
    parser.add_argument("--trace", metavar="FILE", help="write what its tasks did, for 'stint timeline'")
    parser.add_argument("--quiet", action="store_true", help="do not show the guest's console")
    add_machine(parser)
    parser.add_argument("guest", metavar="GUEST", help="an image file, or the name of one that is built")
    parser.add_argument("args", metavar="ARGS", nargs="*", help="the guest's arguments")


def harts(text):
    if not text.isdecimal() or not 1 <= int(text) <= 8:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 8")
    return int(text)


def add_timeline(commands):
    parser = commands.add_parser("timeline", help="show who ran when")
    parser.set_defaults(command="stintlib.timeline:main")
    parser.add_argument("trace", metavar="TRACE", help="a file of 'stint run --trace'")
    parser.add_argument("--text", action="store_true", required=True, help="as text: a map, then lines")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--map", action="store_true", help="the map alone")
    only.add_argument("--lines", action="store_true", help="the lines alone")
    parser.add_argument("--from", dest="begin", metavar="TIME", default="0s", help="since the start of the run (0s)")
    parser.add_argument("--to", dest="end", metavar="TIME", help="(its end)")
    parser.add_argument("--width", type=int, metavar="COLUMNS", help="of the map (what the terminal has)")
    parser.add_argument("--vm", metavar="NAME", help="only this VM's VCPUs and tasks")
    parser.add_argument("--exits", action="store_true", help="a line for every exit, too")


def add_plot(commands):
    parser = commands.add_parser("plot", help="draw who ran, and how far each has come", epilog=EPILOG)
    parser.set_defaults(command="stintlib.plot:main")
    parser.add_argument("source", metavar="TRACE|SCENARIO", help="a file of 'stint run --trace', or what is to be run")
    parser.add_argument("--out", metavar="FILE", required=True, help="the picture: .svg or .png")
    parser.add_argument("--vm", metavar="NAME", help="the tasks of this VM's guest (the VCPUs of all VMs)")
    parser.add_argument("--from", dest="begin", metavar="TIME", default="0s", help="since the start of the run (0s)")
    parser.add_argument("--to", dest="end", metavar="TIME", help="(its end)")
    parser.add_argument("--every", metavar="TIME", help="from dot to dot (about a 200th of what is shown)")
    parser.add_argument("--for", dest="time", metavar="TIME", help="of a scenario: virtual time after which it ends")
    parser.add_argument("--sched", metavar="NAME", help="of a scenario: another scheduler")
    parser.add_argument("--pcpus", metavar="N", help="of a scenario: another number of pCPUs")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[],
                        help="of a scenario: another value for a key of its top")


def add_compare(commands):
    parser = commands.add_parser("compare", help="run a scenario under several schedulers and show what became of it",
                                 epilog=EPILOG)
    parser.set_defaults(command="stintlib.compare:main")
    parser.add_argument("scenario", metavar="SCENARIO", help="a file, or a name in scenarios/")
    parser.add_argument("--sched", dest="scheds", metavar="A,B,...", help="these schedulers (all)")
    parser.add_argument("--for", dest="time", metavar="TIME", help="virtual time after which each run ends")
    parser.add_argument("--pcpus", metavar="N", help="another number of pCPUs")
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[],
                        help="another value for a key of the scenario's top")
    parser.add_argument("--sim", action="store_true", help="in the simulator instead of QEMU")
    parser.add_argument("--json", metavar="FILE", help="write it as JSON; '-': to stdout, instead of the table")


def add_experiments(commands):
    parser = commands.add_parser("experiments", help="measure what is expected, and show both", epilog=EPILOG)
    parser.set_defaults(command="stintlib.conduct:main")
    parser.add_argument("names", metavar="NAME", nargs="*", help="only these (all)")
    parser.add_argument("--json", metavar="FILE", help="write the rows as JSON; '-': to stdout, instead of tables")
    parser.add_argument("--docs", action="store_true", help="put what was measured into docs/experiments")


def add_gdb(commands):
    parser = commands.add_parser("gdb", help="start a scenario halted, under gdb")
    parser.set_defaults(command="stintlib.course.command:gdb_main", json=None, trace=None, no_trace=False,
                        realtime=False, gdb=True, quiet=True)
    add_scenario(parser, optional=True)
    parser.add_argument("--lab", metavar="LAB", help="the lab whose --test is meant")
    parser.add_argument("--test", metavar="NAME", help="instead of a scenario: what a lab's test runs")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, metavar="N",
                        help=f"the seed of --test ({DEFAULT_SEED})")
    parser.add_argument("--ex", metavar="COMMAND", action="append", default=[],
                        help="a gdb command to begin with; may be repeated")
    parser.add_argument("--batch", action="store_true", help="gdb ends after these commands")


def add_setup(commands, name, text):
    parser = commands.add_parser(name, help=text)
    parser.set_defaults(command=f"stintlib.setup:{name}")
