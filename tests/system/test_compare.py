# SPDX-License-Identifier: MIT
"""`stint compare` on the machine, and the lab that it runs in."""
import json
import re

import pytest

from harness import ROOT, stint
from stintlib.errors import CannotRun
from stintlib.lab import Lab, top, vm
from stintlib.schedulers import scheduler_names
from stintlib.waits import vm_waits


def test_schedulers_are_those_of_the_source():
    source = (ROOT / "sched" / "registry.c").read_text("utf-8")
    table = re.search(r"sched_all\[\] = \{([^}]*)\}", source)[1]
    names = re.findall(r"&sched_(\w+)", table)
    assert names.pop() == "mine" and scheduler_names() in (names, [*names, "mine"])


def test_an_image_without_schedulers(tmp_path):
    (tmp_path / "x").write_bytes(b"no ELF")
    with pytest.raises(CannotRun, match="does not tell which schedulers it has"):
        scheduler_names(tmp_path / "x")


def test_a_row_for_each_scheduler():
    done = stint("compare", "thief", "--for", "600ms", "--json", "-")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["schedulers"]
    assert [row["sched"] for row in rows] == scheduler_names()
    for row in rows:
        assert row["refused"] is None and [one["name"] for one in row["vms"]] == ["victim", "thief"]
        assert sum(one["share_pct"] for one in row["vms"]) == pytest.approx(100, abs=0.01)
        assert row["elapsed_ns"] >= 600_000_000 and row["run_ns"] + row["steal_ns"] > 1_000_000_000


def test_a_scheduler_that_refuses_the_scenario(tmp_path):
    """Two VCPUs that want 60 % each of one pCPU: who reserves time says so, and the others have their rows."""
    greedy = tmp_path / "greedy.conf"
    greedy.write_text(top(pcpus=1, time="100ms") + vm("a", "hog", period="10ms", slice="6ms") +
                      vm("b", "hog", period="10ms", slice="6ms"), "utf-8")
    done = stint("compare", greedy, "--sched", "sedf,rr")
    assert done.returncode == 0, done.stderr
    _, refused, ran, why, *_ = done.stdout.splitlines()
    assert refused.split()[:3] == ["sedf", "refused", "refused"] and ran.startswith("rr ")
    assert why.startswith("sedf refuses it: greedy.conf:") and "expected at most 40" in why
    alone = stint("compare", greedy, "--sched", "sedf")
    assert alone.returncode == 2 and alone.stderr.startswith("stint: greedy.conf:")


def test_in_the_simulator():
    done = stint("compare", "thief", "--sched", "rr", "--sim", "--json", "-")
    assert done.returncode == 0, done.stderr
    compared = json.loads(done.stdout)
    assert compared["simulated"] and [row["sched"] for row in compared["schedulers"]] == ["rr"]
    assert compared["schedulers"][0]["elapsed_ns"] == 3_000_000_000


def test_the_table():
    done = stint("compare", "realtime", "--sched", "rr", "--for", "500ms")
    assert done.returncode == 0, done.stderr
    head, row = done.stdout.splitlines()[:2]
    assert head.split()[:3] == ["realtime", "control", "hog"] and head.split()[-1] == "missed"
    assert row.startswith("rr ") and int(row.split()[-1]) > 0


@pytest.mark.parametrize("words, said", [
    (["thief", "--sched", "lottery"], "scheduler 'lottery' is not there, but rr"),
    (["nosuch"], "scenario 'nosuch' is not there"),
    (["thief", "--sched", "rr", "--pcpus", "99"], "pcpus = '99'"),
])
def test_errors(words, said):
    done = stint("compare", *words)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


class TestLab:
    @pytest.fixture(scope="class")
    def lab(self):
        with Lab() as lab:
            yield lab

    @pytest.mark.parametrize("scenario, way_off_ns", [("realtime", 50_000), ("four", 1_000_000)])
    def test_waits_are_the_steal(self, lab, scenario, way_off_ns):
        """What the trace shows of waiting is what was counted; the way off a pCPU is only in the latter. With several
        pCPUs, others may have their turns on that way, which take a beat at most."""
        done = lab.run(scenario)
        for number, guest in enumerate(done.report["vms"]):
            steal, waited = sum(vcpu["steal_ns"] for vcpu in guest["vcpus"]), vm_waits(done.history, number)
            assert 0 < steal - sum(waited) < way_off_ns * len(waited)

    def test_the_same_run_is_made_once(self, lab):
        text = top(pcpus=1, time="10ms") + vm("a", "hog")
        assert lab.run(text) is lab.run(text)
        assert lab.run(text, {"time": "20ms"}) is not lab.run(text)
        assert lab.run(text, {"time": "20ms"}).report["elapsed_ns"] == pytest.approx(20e6, rel=0.01)

    def test_the_simulator_places_as_the_hypervisor_does(self, lab):
        text = top(pcpus=4, time="50ms") + vm("a", "hog", vcpus=4) + vm("b", "hog", vcpus=2, affinity="0-1")
        expected = dict(enumerate((3, 2, 1, 0, 1, 0)))
        assert lab.run(text).history.placed == lab.sim(text).history.placed == expected

    def test_a_refusal(self, lab):
        done = lab.run(top(pcpus=1, sched="lottery") + vm("a", "hog"))
        assert "found 'lottery', expected one of" in done.refusal
        for look in (lambda: done.report, lambda: done.trace):
            with pytest.raises(CannotRun, match="lottery"):
                look()

    def test_a_crash_is_no_result(self, lab):
        done = lab.run(top(pcpus=1, time="50ms") + vm("a", "rogue", args="case=load at=0"))
        assert done.refusal is None and done.ended["vms"][0]["state"] == "crashed"
        with pytest.raises(CannotRun, match="VM a crashed"):
            done.report
