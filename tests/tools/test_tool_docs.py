# SPDX-License-Identifier: MIT
"""What the pages say of the code is what the code says of itself."""
import re
import subprocess

from stintlib.paths import ROOT

PAGE = ROOT / "docs" / "scenarios.md"
PROGRAM = "build/tools/scenario_tables"


def test_the_schedulers_parameters():
    """Otherwise: make docs."""
    subprocess.run(["make", "-s", PROGRAM], cwd=ROOT, check=True, timeout=120)
    made = subprocess.run([ROOT / PROGRAM], input=PAGE.read_bytes(), capture_output=True, check=True).stdout
    assert made.decode() == PAGE.read_text("utf-8")


def test_the_keys():
    """Every key of the tables in hyp/config_keys.c has a row, and no other has."""
    source = (ROOT / "hyp" / "config_keys.c").read_text("utf-8")
    page = PAGE.read_text("utf-8")
    for table, heading in (("top_keys", "## Keys of the top"), ("vm_keys", "## Keys of a VM")):
        entries = re.search(rf"{table}\[\] = {{(.*?)\n}};", source, re.S)[1]
        keys = re.findall(r'{(?:\.name = )?"(\w+)"(?![^{]*override_only)', entries)
        rows = re.findall(r"^\| `(\w+)`", page.split(heading)[1].split("\n## ")[0], re.M)
        assert len(keys) > 5 and rows and set(rows) == set(keys)


def test_the_commands():
    source = (ROOT / "hyp" / "config_events.c").read_text("utf-8")
    commands = re.findall(r'{"([\w-]+)", SCENARIO_', source)
    section = PAGE.read_text("utf-8").split("## Commands for later")[1].split("\n## ")[0]
    rows = re.findall(r"`([\w-]+)[ `]", "".join(re.findall(r"^\| (`.*?) \|", section, re.M)))
    assert len(commands) == 6 and set(rows) == set(commands)
