# SPDX-License-Identifier: MIT
"""Rows, the tables of the docs, and that every experiment has its place in them. No experiment is run."""
import json
from types import SimpleNamespace

import pytest

from stintlib import conduct, tables
from stintlib.errors import COULD_NOT, NO, OK, CannotRun
from stintlib.experiments import all_experiments
from stintlib.rows import AT_LEAST, AT_MOST, EXACTLY, Row, absolute, relative


@pytest.mark.parametrize("expected, measured, tolerance, ok", [
    (50, 51.5, relative(3), True), (50, 51.6, relative(3), False), (-50, -48.5, relative(3), True),
    (0, 0.1, relative(3), False), (50, 48, absolute(2), True), (50, 47.9, absolute(2), False),
    (3, 3, EXACTLY, True), ("7 6 5", "7 5 6", EXACTLY, False), ("7 6 5", "7 6 5", EXACTLY, True),
    (10, 10, AT_MOST, True), (10, 10.1, AT_MOST, False), (10, 10, AT_LEAST, True), (10, 9.9, AT_LEAST, False),
])
def test_tolerances(expected, measured, tolerance, ok):
    assert Row("a", "what", "%", expected, measured, tolerance).ok is ok


def test_json_of_a_row():
    row = Row("two", "share of two", "%", 50, 51, relative(3))
    assert json.loads(json.dumps(row.as_json("shares"))) == {
        "name": "shares/two", "what": "share of two", "unit": "%", "expected": 50, "measured": 51,
        "tolerance": "±3 % of it", "ok": True}


def test_modules_are_as_they_should():
    known = all_experiments()
    assert len({module.__name__ for module in known.values()}) == len(known) > 0
    for name, module in known.items():
        assert name.replace("-", "").isalnum() and module.ABOUT.endswith(".") and callable(module.run)


def test_docs_have_exactly_the_experiments_there_are():
    assert list(tables.documented(tables.INDEX.read_text("utf-8"))) == list(all_experiments())
    for name in all_experiments():
        page = (tables.PAGES / f"{name}.md").read_text("utf-8")
        assert list(tables.documented(page)) == [name]
        assert len(tables.TABLE.sub("", page).split()) > 80, f"{name}.md explains too little"
        assert f"[More of it]({name}.md)" in tables.INDEX.read_text("utf-8")
    assert {page.stem for page in tables.PAGES.glob("*.md")} == {"index", *all_experiments()}


def test_every_table_was_measured():
    for name, text in tables.documented(tables.INDEX.read_text("utf-8")).items():
        assert tables.parse(text), f"{name} was never run: 'make experiments-docs'"


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """A docs folder of two experiments, of which `b` has never run."""
    modules = {name: SimpleNamespace(NAME=name, ABOUT=f"About {name}.") for name in "ab"}
    monkeypatch.setattr(tables, "all_experiments", lambda: modules)
    monkeypatch.setattr(tables, "PAGES", tmp_path)
    monkeypatch.setattr(tables, "INDEX", tmp_path / "index.md")
    (tmp_path / "index.md").write_text("Before.\n<!-- all -->\n<!-- end of all -->\nAfter.\n", "utf-8")
    (tmp_path / "a.md").write_text("Text.\n<!-- table a -->\nold\n<!-- end of table -->\nMore.\n", "utf-8")
    return tmp_path


def test_tables_are_written_and_read_back(pages):
    rows = [Row("x|y", "what", "%", 50, 51.23456, relative(3)), Row("z", "order", "", "1 2", "1 2")]
    tables.write_tables({"a": rows})
    index, page = ((pages / name).read_text("utf-8") for name in ("index.md", "a.md"))
    assert page.startswith("Text.\n") and page.endswith("More.\n") and "old" not in page
    assert index.startswith("Before.\n") and index.endswith("After.\n") and "[More of it](a.md)" in index
    for text in (index, page):
        assert tables.parse(tables.documented(text)["a"]) == [
            ("x\\|y", "what", "%", "50", "51.23", "±3 % of it"), ("z", "order", "", "1 2", "1 2", "exactly")]
    assert tables.documented(index)["b"] == ""


def test_tables_of_others_stay(pages):
    tables.write_tables({"a": [Row("x", "what", "", 1, 1)]})
    tables.write_tables({"b": [Row("y", "what", "", 2, 2)]})
    index = tables.documented((pages / "index.md").read_text("utf-8"))
    assert [tables.parse(index[name])[0][0] for name in "ab"] == ["x", "y"]


class TestConduct:
    """The command, with experiments of the test's own making."""

    @pytest.fixture
    def conducted(self, monkeypatch, tmp_path):
        def conduct_all(*names, **runs):
            modules = {name: SimpleNamespace(NAME=name, ABOUT="About.", run=run) for name, run in runs.items()}
            monkeypatch.setattr(conduct, "all_experiments", lambda: modules)
            options = SimpleNamespace(names=list(names), json=str(tmp_path / "rows.json"), docs=False)
            return conduct.main(options), json.loads((tmp_path / "rows.json").read_text("utf-8"))
        return conduct_all

    def test_all_well(self, conducted, capsys):
        code, rows = conducted(a=lambda _: [Row("x", "what", "%", 50, 50.12, relative(1))])
        assert code == OK and rows[0]["measured"] == 50.12
        assert "50.12" in capsys.readouterr().out

    def test_one_is_not_ok(self, conducted, capsys):
        code, rows = conducted(a=lambda _: [Row("x", "what", "", 1, 2)], b=lambda _: [Row("y", "what", "", 1, 1)])
        assert code == NO and [row["ok"] for row in rows] == [False, True]
        assert "NOT OK" in capsys.readouterr().out

    def test_one_cannot_run(self, conducted, capsys):
        def fail(_):
            raise CannotRun("no QEMU")
        code, rows = conducted(a=fail, b=lambda _: [Row("y", "what", "", 1, 1)])
        assert code == COULD_NOT and len(rows) == 1
        assert "a: no QEMU" in capsys.readouterr().err

    def test_only_those_named(self, conducted):
        _, rows = conducted("b", a=lambda _: [Row("x", "what", "", 1, 1)], b=lambda _: [Row("y", "what", "", 1, 1)])
        assert [row["name"] for row in rows] == ["b/y"]

    def test_a_name_that_is_not_there(self, conducted):
        with pytest.raises(CannotRun, match="'c' is not there: a"):
            conducted("c", a=lambda _: [])
