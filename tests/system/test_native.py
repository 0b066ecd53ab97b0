# SPDX-License-Identifier: MIT
"""Guests boot on the firmware alone, with the same kind of report as under Stint."""
import json

import pytest

from harness import run_native, run_scenario, stint, top, vm


def shape(value):
    """The names of a report, without its numbers."""
    if isinstance(value, dict):
        return {name: shape(below) for name, below in value.items()}
    if isinstance(value, list):
        return [shape(below) for below in value]
    return type(value).__name__


@pytest.mark.parametrize("guest, args", [
    ("timeshare", "work:20000 sleep:3ms slice=5ms"),
    ("realtime", "task:10ms:2ms task:25ms:5ms"),
    ("smp", ""),
    ("hog", ""),
    ("io", "period=5ms"),
    ("dodger", "period=5ms away=1ms"),
    ("distortion", "ask=20ms"),
])
def test_same_report(tmp_path, guest, args):
    native = run_native(guest, "--for", "300ms", *args.split())
    hosted = run_scenario(tmp_path, top(pcpus=1, time="300ms") + vm("a", guest, args=args)).measured("a")
    assert shape(native) == shape(hosted)


@pytest.mark.parametrize("guest, words", [("cpu", ["work=5"]), ("memory", ["touch=50", "then=stop"])])
def test_same_numbers(tmp_path, guest, words):
    native = run_native(guest, *words)
    hosted = run_scenario(tmp_path, top(pcpus=1, time="5s") + vm("a", guest, args=" ".join(words))).measured("a")
    native.pop("ticks", None), hosted.pop("ticks", None)
    assert native == hosted


def test_same_end_in_every_run():
    """The clock leaps when all harts sleep, and that may be before the machine is off."""
    said = {stint("native", "--json", "-", "timeshare", "work:3000", "work:20ms").stdout for _ in range(6)}
    assert len(said) == 1
    report = json.loads(said.pop())
    assert report["deterministic"] and report["report"]["elapsed_ns"] < report["elapsed_ns"] < 1_000_000_000
