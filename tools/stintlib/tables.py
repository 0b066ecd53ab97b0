# SPDX-License-Identifier: MIT
"""The tables of docs/experiments, which are made from runs. In any page there, the table of the experiment NAME stands
between the lines `<!-- table NAME -->` and `<!-- end of table -->`; index.md has all of them between `<!-- all -->` and
`<!-- end of all -->`."""
import re

from stintlib.errors import CannotRun
from stintlib.experiments import all_experiments
from stintlib.paths import ROOT, shown
from stintlib.rows import show_number

PAGES = ROOT / "docs" / "experiments"
INDEX = PAGES / "index.md"
HEAD = ("name", "what", "unit", "expected", "measured", "tolerance")
TABLE = re.compile(r"(<!-- table (\S+) -->\n)(.*?)(<!-- end of table -->)", re.S)
ALL = re.compile(r"(<!-- all -->\n)(.*?)(<!-- end of all -->)", re.S)


def cells(row):
    return (row.name, row.what, row.unit, show_number(row.expected), show_number(row.measured), row.tolerance.text)


def markdown(rows):
    lines = [HEAD, ("---",) * 3 + ("---:",) * 2 + ("---",), *(cells(row) for row in rows)]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def parse(text):
    """The rows of a table as tuples of texts, as cells() gives them."""
    return [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in text.splitlines()[2:]]


def write_tables(results):
    """Puts the rows (by experiment) into all pages; the tables of other experiments stay."""
    write_index(results)
    for page in PAGES.glob("*.md"):
        text = page.read_text("utf-8")
        fresh = TABLE.sub(lambda found: found[1] + (markdown(results[found[2]]) if found[2] in results else found[3])
                          + found[4], text)
        if fresh != text:
            page.write_text(fresh, "utf-8")


def write_index(results):
    """A section for each experiment there is; one that has never run has no table yet."""
    text = INDEX.read_text("utf-8")
    if not ALL.search(text):
        raise CannotRun(f"{shown(INDEX)} has no lines '<!-- all -->' and '<!-- end of all -->'")
    known = documented(text)
    sections = "".join(section(name, module, known.get(name, "")) for name, module in all_experiments().items())
    INDEX.write_text(ALL.sub(lambda found: found[1] + sections + found[3], text), "utf-8")


def section(name, module, rows):
    page = f" [More of it]({name}.md)." if (PAGES / f"{name}.md").is_file() else ""
    return f"\n## {name}\n\n{module.ABOUT}{page}\n\n<!-- table {name} -->\n{rows}<!-- end of table -->\n\n"


def documented(text):
    """The tables of a page, as text, by experiment."""
    return {found[2]: found[3] for found in TABLE.finditer(text)}
