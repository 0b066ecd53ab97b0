# SPDX-License-Identifier: MIT
"""The command as a user meets it: exit codes, messages, and a clean end on Ctrl-C."""
import json
import signal
import subprocess
import sys
import time

import pytest

from harness import ROOT, STINT, run_scenario, stint, top, vm

ENDLESS = top(pcpus=1) + vm("a", "hog") + vm("b", "hog")


def test_json_has_what_the_docs_promise(tmp_path):
    report = run_scenario(tmp_path, top(pcpus=1, time="20ms") + vm("a", "hog")).report
    assert list(report) == ["scenario", "sched", "elapsed_ns", "deterministic", "pcpus", "vms", "commands"]
    assert list(report["pcpus"][0]) == ["id", "guest_ns", "hyp_vcpu_ns", "hyp_self_ns", "idle_ns"]
    assert list(report["vms"][0]) == ["name", "guest", "state", "why", "hyp_ns", "vcpus", "report"]
    assert list(report["vms"][0]["vcpus"][0]) == ["id", "pcpu", "run_ns", "steal_ns", "blocked_ns", "offline_ns",
                                                  "hyp_ns", "switches", "migrations", "exits", "exits_ns",
                                                  "served_ns"]


def test_a_crash_is_exit_code_1(tmp_path):
    ran = run_scenario(tmp_path, top(pcpus=1, time="50ms") + vm("a", "rogue", args="case=load at=0"), expect=1)
    assert "VM a crashed: load at guest physical address 0x0" in ran.stdout + ran.stderr


COMMANDS = ("run", "sim", "native", "timeline", "plot", "compare", "experiments", "gdb", "grade", "grade-class",
            "handout", "lab", "doctor", "setup")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_is(name):
    usage, about = stint(name, "--help").stdout.split("\n\n")[:2]
    assert usage.startswith(f"usage: stint {name} ") and len(about) > 30 and "arguments:" not in about


def test_no_other_command():
    listed = stint("--help").stdout.split("COMMAND\n")[1].split("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed if line[4] != " "] == list(COMMANDS)


def test_only_what_a_command_needs_is_loaded():
    """Scripts run it a thousand times; to load all takes longer than a short run."""
    words = [sys.executable, "-X", "importtime", *STINT[1:], "run", "nosuch"]
    loaded = subprocess.run(words, capture_output=True, text=True, check=False).stderr
    assert "stintlib.session\n" in loaded and "elftools" not in loaded and "stintlib.course\n" not in loaded


def test_unknown_scenario():
    done = stint("run", "nosuch")
    assert done.returncode == 2
    assert "scenario 'nosuch' is not there" in done.stderr and "thief" in done.stderr


def test_unknown_guest(tmp_path):
    ran = run_scenario(tmp_path, top(pcpus=1, time="1ms") + vm("a", "nosuch"), expect=2)
    assert "'nosuch'" in ran.stderr and "hog" in ran.stderr


@pytest.mark.parametrize("words, said", [
    (["--for", "3"], "3"), (["--sched", "lottery"], "lottery"), (["--pcpus", "9"], "9"),
    (["--set", "quantum=0s"], "quantum"),
])
def test_bad_options(words, said):
    done = stint("run", "thief", *words)
    assert done.returncode == 2
    assert said in done.stderr and "Traceback" not in done.stderr


def test_all_stopped_ends_the_run(tmp_path):
    ran = run_scenario(tmp_path, top(pcpus=2) + vm("a", "cpu", args="work=1") + vm("b", "cpu", args="work=2"))
    assert ran.snapshot.end == "stopped"
    assert {guest["state"] for guest in ran.report["vms"]} == {"stopped"}


def test_nobody_can_wake_anybody(tmp_path):
    """Every VCPU waits and nothing will come: the run ends and says so, instead of waiting for ever."""
    ran = run_scenario(tmp_path, top(pcpus=2) + vm("a", "rogue", args="case=wfi_for_ever"))
    assert ran.snapshot.end == "stuck"


def test_ctrl_c_ends_with_the_report_so_far(tmp_path):
    scenario = tmp_path / "endless.conf"
    scenario.write_text(ENDLESS, "utf-8")
    machine = tmp_path / "machine"
    command = [*STINT, "run", scenario, "--json", tmp_path / "report.json", "--trace", tmp_path / "trace",
               "--scratch", machine]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for((machine / "console.log").exists)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, err
    assert "Traceback" not in err
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["elapsed_ns"] > 0 and report["deterministic"] is False
    assert all(sum(vcpu[part] for part in ("run_ns", "steal_ns", "blocked_ns", "offline_ns")) == report["elapsed_ns"]
               for guest in report["vms"] for vcpu in guest["vcpus"])
    assert "a/0" in out


def wait_for(condition, seconds=30):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.05)
