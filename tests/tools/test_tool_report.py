# SPDX-License-Identifier: MIT
import json
import random

from fabricate import FakeRam, put_region, shared_region, two_commands, two_on_one
from stintlib import layout
from stintlib.area import GuestArea, nest
from stintlib.layout import PcpuStats, VcpuStats
from stintlib.ram import Ram
from stintlib.report import build_report, close_pcpu, close_vcpu
from stintlib.shared import take_snapshot
from stintlib.text import show_report

PCPU_PARTS = ("guest_ns", "hyp_vcpu_ns", "hyp_self_ns", "idle_ns")
VCPU_PARTS = ("run_ns", "steal_ns", "blocked_ns", "offline_ns")


def snapshot_of(tmp_path, tables, **fields):
    fake = FakeRam(tmp_path / "ram")
    put_region(fake, *shared_region(*tables, **fields))
    ram = Ram(fake.path)
    snapshot = take_snapshot(ram)
    ram.close()
    return snapshot


def test_a_run_that_was_cut_off(tmp_path):
    snapshot = snapshot_of(tmp_path, two_on_one(30_000))
    report = build_report(snapshot, {}, "x", False, now=1000 + 31_000)
    pcpu, (a, b) = report["pcpus"][0], [vm["vcpus"][0] for vm in report["vms"]]
    assert report["elapsed_ns"] == 3_100_000
    assert [pcpu[part] for part in PCPU_PARTS] == [2_980_000, 20_000, 100_000, 0]
    assert [a[part] for part in VCPU_PARTS] == [1_550_000, 1_550_000, 0, 0]
    assert [b[part] for part in VCPU_PARTS] == [1_450_000, 1_650_000, 0, 0]


def test_the_end_counts_when_there_is_one(tmp_path):
    snapshot = snapshot_of(tmp_path, two_on_one(30_000), end_time=1000 + 40_000)
    assert build_report(snapshot, {}, "x", True)["elapsed_ns"] == 4_000_000


def test_keys_are_those_of_the_design(tmp_path):
    report = build_report(snapshot_of(tmp_path, two_on_one()), {0: GuestArea(values=[("jobs", 3)])}, "x", True)
    assert list(report) == ["scenario", "sched", "elapsed_ns", "deterministic", "pcpus", "vms", "commands"]
    assert list(report["pcpus"][0]) == ["id", *PCPU_PARTS]
    assert list(report["vms"][0]) == ["name", "guest", "state", "why", "hyp_ns", "vcpus", "report"]
    vcpu = report["vms"][0]["vcpus"][0]
    assert list(vcpu) == ["id", "pcpu", *VCPU_PARTS, "hyp_ns", "switches", "migrations", "exits", "exits_ns",
                          "served_ns"]
    assert list(vcpu["exits"]) == list(vcpu["exits_ns"]) == list(layout.EXITS)
    assert report["vms"][0]["report"] == {"jobs": 3} and report["vms"][1]["report"] == {}
    json.dumps(report)


def test_commands_and_what_became_of_them(tmp_path):
    snapshot = snapshot_of(tmp_path, (*two_on_one(), two_commands()))
    report = build_report(snapshot, {}, "x", True)
    assert report["commands"] == [
        {"at_ns": 1_000_000, "command": "sched credit", "done": 1, "refused": 0, "why": ""},
        {"at_ns": 2_000_000, "command": "sched-set a slice=9ms", "done": 1, "refused": 2, "why": "no room"}]
    text = show_report(report, "time")
    assert "'sched-set a slice=9ms' at 0.0020 s was refused 2 times of 3: no room" in text
    assert "sched credit" not in text
    report["commands"][1].update(done=0, refused=1)
    assert "'sched-set a slice=9ms' at 0.0020 s was refused: no room" in show_report(report, "time")


def test_parts_sum_to_the_elapsed_time_whatever_is_open():
    rand = random.Random(7)
    for _ in range(2000):
        now = rand.randrange(1, 10 ** 9)
        cuts = sorted(rand.randrange(now + 1) for _ in range(4))
        ticks = [b - a for a, b in zip([0] + cuts, cuts)]
        pcpu = PcpuStats(ticks=tuple(ticks), state=rand.randrange(4))
        closed = close_pcpu(pcpu, now)
        assert sum(closed) == now and all(tick >= 0 for tick in closed)
        cuts = sorted(rand.randrange(now + 1) for _ in range(5))
        vcpu = VcpuStats(ticks=tuple(b - a for a, b in zip([0] + cuts, cuts)), state=rand.randrange(5),
                         run_base=rand.randrange(2 * now), hyp_base=rand.randrange(2 * now))
        vcpu_ticks, hyp = close_vcpu(vcpu, now, closed)
        assert sum(vcpu_ticks) == now and all(tick >= 0 for tick in vcpu_ticks)
        assert 0 <= hyp <= vcpu_ticks[0]


def test_history_of_changes_closes_to_the_truth():
    """A pCPU and a VCPU whose accounts are kept as the hypervisor keeps them, read at any moment."""
    rand = random.Random(3)
    for _ in range(200):
        pcpu, vcpu = PcpuStats(state=3), VcpuStats(state=1)
        truth, hyp, now = [0] * 5, 0, 0
        for _ in range(rand.randrange(1, 12)):
            state = rand.randrange(3) if vcpu.state == 0 else rand.choice((2, 3))
            pcpu.ticks[pcpu.state] += now - sum(pcpu.ticks)
            pcpu.state = state
            if vcpu.state != 0 and rand.random() < 0.4:
                vcpu.ticks[vcpu.state] += now - sum(vcpu.ticks)
                vcpu.state, pcpu.state = 0, 0
                vcpu.run_base, vcpu.hyp_base = pcpu.ticks[0] + pcpu.ticks[1], pcpu.ticks[1]
            step = rand.randrange(1000)
            now += step
            if vcpu.state == 0:
                truth[0 if pcpu.state < 2 else 1] += step
                hyp += step if pcpu.state == 1 else 0
            else:
                truth[vcpu.state] += step
        assert close_vcpu(vcpu, now, close_pcpu(pcpu, now)) == (truth, hyp)


def test_names_make_the_tree():
    values = [("tasks.0.name", "spin"), ("tasks.1.name", "sleep"), ("tasks.0.work", 7), ("jobs", 3), ("a.b.c", 1)]
    assert nest(values) == {"tasks": [{"name": "spin", "work": 7}, {"name": "sleep"}], "jobs": 3,
                            "a": {"b": {"c": 1}}}


def test_hostile_names_make_some_tree():
    values = [("a", 1), ("a.b", 2), ("a.b.c", 3), ("tasks.9", 1), (".", 1), ("..", 2), ("0", 5), ("x.1", 0),
              ("x.01", 1), ("tasks.99999999999.name", 1), ("q.b", 1), ("q", 2)]
    tree = nest(values)
    assert tree["a"] == 1 and tree["tasks"] == {"9": 1, "99999999999": {"name": 1}} and tree["q"] == {"b": 1}
    json.dumps(tree)


def test_tables_show_what_a_guest_measured(tmp_path):
    values = [("tasks.0.name", "spin"), ("tasks.0.longest_gap_ns", 30_000_000), ("user_pct", 50),
              ("late_max_ns", -5)]
    report = build_report(snapshot_of(tmp_path, two_on_one()), {0: GuestArea(values=values)}, "x", True)
    text = show_report(report, "time", lost=[("pCPU 0", 12)], damages=[("b", "its area is odd")])
    for part in ("longest gap", "30.0 ms", "user: 50%", "12 events of pCPU 0 were lost", "VM b: its area is odd"):
        assert part in text


def test_nobody_is_divided_by_zero(tmp_path):
    report = build_report(snapshot_of(tmp_path, ([], [], [])), {}, "x", True)
    assert report["elapsed_ns"] == 0
    show_report(report, "stopped")
