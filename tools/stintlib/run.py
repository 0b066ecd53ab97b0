# SPDX-License-Identifier: MIT
"""`stint run`: a scenario from its file to its report."""
import json
import sys
from pathlib import Path

from stintlib.errors import NO, OK, CannotRun
from stintlib.job import load_job
from stintlib.qemu import check_version
from stintlib.report import build_report
from stintlib.scratch import scratch_directory
from stintlib.session import Session
from stintlib.text import show_report
from stintlib.trace import write_trace


def main(options):
    job = load_job(options)
    check_version()
    with scratch_directory(job.name, options.scratch) as folder:
        if options.gdb:
            print(f"QEMU is halted and waits for gdb at {folder}/gdb.sock; Ctrl-C ends it", file=sys.stderr)
        return present(job, Session(job, folder).execute())


def present(job, outcome):
    """Writes the files that were asked for, and the tables. Returns the exit code."""
    options = job.options
    same_again = not (options.realtime or options.gdb or outcome.cut)
    report = build_report(outcome.snapshot, outcome.areas, job.name, same_again, outcome.now)
    if options.trace:
        write_trace(outcome.trace, options.trace)
    if options.json:
        write_json(report, options.json)
    if options.json != "-":
        print(show_report(report, outcome.snapshot.end, lost_events(report, outcome.trace), damages(report, outcome)))
    return NO if any(vm["state"] == "crashed" for vm in report["vms"]) else OK


def write_json(data, where):
    text = json.dumps(data, indent=2) + "\n"
    if where == "-":
        sys.stdout.write(text)
        return
    try:
        Path(where).write_text(text, "utf-8")
    except OSError as error:
        raise CannotRun(f"the report cannot be written to {where}: {error.strerror}") from error


def lost_events(report, trace):
    """(whose ring, how many) for the rings that wrapped."""
    for ring in trace.rings:
        info = ring.info
        if info["lost"]:
            of_pcpu = info["of"] == "pcpu"
            yield (f"pCPU {info['pcpu']}" if of_pcpu else f"{report['vms'][info['vm']]['name']}/{info['vcpu']}",
                   info["lost"])


def damages(report, outcome):
    return [(report["vms"][number]["name"], area.damage) for number, area in outcome.areas.items() if area.damage]
