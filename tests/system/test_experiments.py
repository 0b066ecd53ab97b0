# SPDX-License-Identifier: MIT
"""Every experiment measures what it expects, and the docs show what it expects."""
import pytest

from harness import ROOT    # it brings the path of stintlib
from stintlib import tables
from stintlib.experiments import all_experiments
from stintlib.lab import Lab


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        yield lab


def experiments():
    for name, module in all_experiments().items():
        yield pytest.param(module, id=name, marks=[pytest.mark.long] if getattr(module, "LONG", False) else [])


def heads(rows):
    """All of a table but what was measured."""
    return [row[:4] + row[5:] for row in rows]


@pytest.mark.parametrize("experiment", experiments())
def test_experiment(lab, experiment):
    rows = experiment.run(lab)
    assert rows and len({row.name for row in rows}) == len(rows)
    wrong = [f"{row.name}, {row.what}: expected {row.expected} {row.unit}, {row.tolerance.text}; got {row.measured}"
             for row in rows if not row.ok]
    assert wrong == []
    for page in (tables.INDEX, tables.PAGES / f"{experiment.NAME}.md"):
        shown = tables.documented(page.read_text("utf-8"))[experiment.NAME]
        assert heads(tables.parse(shown)) == heads(map(tables.cells, rows)), (
            f"{page.relative_to(ROOT)} is out of date: 'make experiments-docs'")
