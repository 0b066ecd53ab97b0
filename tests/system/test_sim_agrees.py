# SPDX-License-Identifier: MIT
"""The simulator and QEMU run the same scenarios under the same schedulers: who gets how much is the same to 1 %."""
import json

import pytest

from harness import ROOT, run_scenario, stint, top, vm

THIEF = (ROOT / "scenarios" / "thief.conf").read_text("utf-8")
TWELVE = top(pcpus=6, time="2s", quantum="5ms") + "".join(vm(name, "hog", vcpus=4) for name in "abc")
UNEQUAL = (top(pcpus=1, time="2s", quantum="7ms") + "at 1500ms: pause a\n" + vm("a", "hog") +
           vm("b", "timeshare", args="spin sleep:2ms", start="300ms") + vm("c", "io", args="period=10ms work=2ms"))
REALTIME = (ROOT / "scenarios" / "realtime.conf").read_text("utf-8")


WEIGHTS = (top(pcpus=1, time="3s") + vm("a", "hog", weight=256) + vm("b", "hog", weight=512) +
           vm("c", "hog", weight=1024))
CAP = top(pcpus=1, time="3s") + vm("a", "hog", cap=25) + vm("b", "hog")
RESERVED = (top(pcpus=1, time="3s") + vm("a", "realtime", args="task:20ms:5ms", period="20ms", slice="6ms") +
            vm("b", "hog", period="50ms", slice="10ms", extra="off") + vm("c", "hog"))
TICKS = top(pcpus=1, time="3s", accounting="sampled") + vm("a", "dodger") + vm("b", "hog")
MIX = (top(pcpus=1, time="3s") + vm("a", "io", args="period=10ms work=1ms") +
       vm("b", "timeshare", args="spin sleep:7ms slice=3ms") + vm("c", "hog"))
SIBLINGS = top(pcpus=2, time="3s") + vm("a", "hog", vcpus=2) + vm("b", "hog", vcpus=2) + vm("c", "hog")
UNDER = [(WEIGHTS, "credit"), (WEIGHTS, "fair"), (CAP, "credit"), (RESERVED, "sedf"), (TICKS, "credit"),
         (MIX, "credit"), (MIX, "sedf"), (MIX, "fair"), (SIBLINGS, "fair"), (SIBLINGS, "gang")]


def both(folder, text, *options):
    """The two reports."""
    (folder / "sim").mkdir()
    (folder / "sim" / "test.conf").write_text(text, "utf-8")
    done = stint("sim", folder / "sim" / "test.conf", "--json", "-", *options)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), run_scenario(folder / "qemu", text, *options).report


def shares(report):
    """Of all run time, each VCPU's percentage."""
    ran = [vcpu["run_ns"] for machine in report["vms"] for vcpu in machine["vcpus"]]
    return [100 * time / sum(ran) for time in ran]


def check_shares(reports):
    simulated, emulated = map(shares, reports)
    assert len(simulated) == len(emulated)
    assert [abs(a - b) < 1 for a, b in zip(simulated, emulated)] == [True] * len(emulated), (simulated, emulated)


@pytest.mark.parametrize("text", [THIEF, TWELVE, UNEQUAL], ids=["thief", "twelve on six", "unequal"])
def test_shares_under_rr(tmp_path, text):
    check_shares(both(tmp_path, text))


@pytest.mark.parametrize("text, sched", UNDER, ids=[f"{number}-{sched}" for number, (_, sched) in enumerate(UNDER)])
def test_shares(tmp_path, text, sched):
    check_shares(both(tmp_path, text, "--sched", sched))


def test_deadlines(tmp_path):
    """Jobs missed beside a hog: what a guest measures follows from when it runs."""
    (simulated, emulated) = (report["vms"][0]["report"] for report in both(tmp_path, REALTIME))
    assert abs(simulated["jobs"] - emulated["jobs"]) <= 2
    assert simulated["missed"] == pytest.approx(emulated["missed"], rel=0.1)
    assert simulated["late_max_ns"] == pytest.approx(emulated["late_max_ns"], rel=0.2)


def test_the_same_keys(tmp_path):
    """A reader of reports need not know which of the two wrote one."""
    accounts = {"user_pct", "system_pct", "steal_pct", "idle_pct", "stolen_ns", "top_blind_pct", "top_aware_pct"}

    def keys(value):
        if isinstance(value, dict):
            return {key: keys(below) for key, below in value.items() if key not in {"checksum", *accounts}}
        return [keys(value[0])] if isinstance(value, list) and value else None

    text = top(pcpus=2, time="100ms") + "at 50ms: pause g0\n" + "".join(
        vm(f"g{n}", guest, args=args) for n, (guest, args) in enumerate([
            ("hog", ""), ("timeshare", "spin sleep:5ms work:1ms polite"), ("realtime", "task:10ms:1ms"), ("smp", ""),
            ("io", ""), ("dodger", "")]))
    simulated, emulated = both(tmp_path, text)
    assert keys(simulated) == keys(emulated)
    for ours, theirs in zip(simulated["vms"], emulated["vms"]):
        assert ours["state"] == theirs["state"] and keys(ours["report"]) == keys(theirs["report"])
