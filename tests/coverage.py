#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Branch coverage of sched/*.c, by what has run of a build with --coverage.

coverage.py BUILD-DIRECTORY [--least PERCENT] prints a row per file, the total, and the lines with branches never taken;
exit 1 if the total is below --least (95)."""

import argparse
import json
import subprocess
import sys
from pathlib import Path


def branches(data):
    """{line: [times taken, one per branch]} of the source file that a .gcda file belongs to."""
    done = subprocess.run(["gcov", "--branch-probabilities", "--json-format", "--stdout", str(data)],
                          check=True, capture_output=True, text=True)
    source = data.with_suffix(".c").name
    lines = {}
    for document in done.stdout.splitlines():
        for file in json.loads(document)["files"]:
            if Path(file["file"]).name != source or "sched" not in Path(file["file"]).parts:
                continue
            for line in file["lines"]:
                lines.setdefault(line["line_number"], []).extend(b["count"] for b in line["branches"])
    return {line: counts for line, counts in lines.items() if counts}


def row(name, taken, total):
    percent = 100 * taken / total if total else 100
    return f"{name:<24}{taken:>8}{total:>8}{percent:>8.1f} %"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=Path)
    parser.add_argument("--least", type=float, default=95)
    options = parser.parse_args()
    files = sorted((options.build / "unit/obj/sched").glob("*.gcda"))
    if not files:
        sys.exit(f"{options.build} has no coverage data of sched/: 'make coverage' makes it")
    all_taken = all_total = 0
    missed = []
    print(f"{'branches of':<24}{'taken':>8}{'of':>8}{'':>8}")
    for data in files:
        lines = branches(data)
        counts = [count for line in lines.values() for count in line]
        taken = sum(count > 0 for count in counts)
        print(row(f"sched/{data.stem}.c", taken, len(counts)))
        missed += [f"sched/{data.stem}.c:{line}" for line, of in sorted(lines.items()) if 0 in of]
        all_taken += taken
        all_total += len(counts)
    print(row("all", all_taken, all_total))
    print("never taken both ways:" if missed else "every branch was taken both ways", *missed)
    if 100 * all_taken < options.least * all_total:
        print(f"that is less than {options.least} %")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
