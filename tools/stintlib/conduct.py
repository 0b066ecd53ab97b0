# SPDX-License-Identifier: MIT
"""Runs experiments and shows what was expected beside what was measured."""
import sys
from concurrent.futures import ThreadPoolExecutor

from stintlib.errors import COULD_NOT, NO, OK, CannotRun
from stintlib.experiments import all_experiments
from stintlib.lab import Lab
from stintlib.run import write_json
from stintlib.rows import show_number
from stintlib.tables import write_tables
from stintlib.text import table


def main(options):
    wanted = chosen(options.names)
    results, failures = {}, []
    with Lab() as lab, ThreadPoolExecutor(len(wanted)) as threads:    # they wait for the lab, which bounds the load
        running = {name: threads.submit(module.run, lab) for name, module in wanted.items()}
        for name, future in running.items():
            try:
                results[name] = future.result()
            except CannotRun as error:
                failures.append(f"{name}: {error}")
                continue
            if options.json != "-":
                print("\n".join([f"{name}: {wanted[name].ABOUT}", *show_rows(results[name]), ""]), flush=True)
    return conclude(options, results, failures)


def chosen(names):
    known = all_experiments()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CannotRun(f"experiment '{unknown[0]}' is not there: {', '.join(known)}")
    return {name: module for name, module in known.items() if not names or name in names}


def show_rows(rows):
    return table(["", "", "unit", "expected", "measured", "tolerance", ""],
                 [[row.name, row.what, row.unit, show_number(row.expected), show_number(row.measured),
                   row.tolerance.text, "ok" if row.ok else "NOT OK"] for row in rows], left=3)


def conclude(options, results, failures):
    """Writes what was asked for. Returns the exit code."""
    rows = [row.as_json(name) for name, rows in results.items() for row in rows]
    if options.json:
        write_json(rows, options.json)
    if options.docs:
        write_tables(results)
    for failure in failures:
        print(f"stint: {failure}", file=sys.stderr)
    bad = sum(not row["ok"] for row in rows)
    if options.json != "-":
        print(f"experiments: {len(rows) - bad} rows as expected, {bad} not, {len(failures)} experiments could not run")
    return COULD_NOT if failures else NO if bad else OK
