# SPDX-License-Identifier: MIT
"""The three properties of a virtual machine monitor, as Popek and Goldberg named them in 1974: what runs on
it does what it would do on the bare machine, most of it runs without the monitor, and the monitor keeps
control."""
import sys

import pytest

from harness import ROOT, run_native, run_scenario, top, vm

sys.path.insert(0, str(ROOT / "tests" / "rogue"))
from rogues import ALL      # noqa: E402  (it needs the path)

PCPUS = 4
MOST_OVERHEAD_PERCENT = 2.0
MOST_ROGUES = 60        # beside the well-behaved ones, of 64 VMs


def test_fidelity(tmp_path):
    """A program of computations, traps, page tables, interrupts and calls reports the same on the bare
    machine, alone under Stint, and under Stint while others preempt it."""
    native = run_native("fidelity")
    alone = run_scenario(tmp_path / "alone", top(pcpus=1, time="10s") + vm("a", "fidelity"))
    assert alone.measured("a") == native
    scenario = top(pcpus=2, quantum="200us", time="300ms") + vm("a", "fidelity") + vm("b", "fidelity") + vm("c", "hog")
    scenario += vm("naps", "rogue", args="case=storm_naps")
    crowd = run_scenario(tmp_path / "crowd", scenario)
    assert crowd.measured("a") == native
    assert crowd.measured("b") == native


def test_performance(tmp_path, capsys):
    """A CPU-bound guest takes hardly longer than on the bare machine."""
    native = run_native("cpu", "work=100")
    hosted = run_scenario(tmp_path, top(pcpus=1, time="10s") + vm("a", "cpu", args="work=100")).measured("a")
    assert hosted["checksum"] == native["checksum"]
    overhead = 100 * (hosted["ticks"] / native["ticks"] - 1)
    with capsys.disabled():
        print(f"\na CPU-bound guest takes {overhead:.3f} % longer under Stint than without it")
    assert hosted["ticks"] >= native["ticks"] - 1     # both are read to a tick
    assert overhead < MOST_OVERHEAD_PERCENT


@pytest.mark.parametrize("half", [0, 1])
def test_safety(tmp_path, half):
    """Rogues, dozens at once on four pCPUs, with a well-behaved guest on each: all of these stay whole and
    get on, and the end of every rogue is explained. What each rogue alone must come to is in
    tests/rogue."""
    rogues = [rogue for rogue in ALL[half::2] if int(rogue.memory[:-1]) <= 4][:MOST_ROGUES]
    scenario = top(pcpus=PCPUS, quantum="200us", time="1500ms")
    scenario += "".join(f"at {1400 + n % 50}ms: stop {rogue.name}\n" for n, rogue in enumerate(rogues))
    scenario += "".join(vm(f"good{n}", "neighbour", affinity=str(n)) for n in range(PCPUS))
    for n, rogue in enumerate(rogues):
        scenario += vm(rogue.name, "rogue", vcpus=rogue.vcpus, memory=rogue.memory, start=f"{50 + n % 20 * 20}ms",
                       args=f"case={rogue.case} {rogue.args}")
    ran = run_scenario(tmp_path, scenario, expect=1)
    assert ran.snapshot.end == "time"
    for n in range(PCPUS):
        good = ran.vm(f"good{n}")
        assert good["state"] == "running" and good["report"]["damaged"] == 0
        assert good["vcpus"][0]["run_ns"] > 50_000_000
    ended = {rogue.name: (ran.vm(rogue.name)["state"], ran.vm(rogue.name)["why"]) for rogue in rogues}
    assert {name: end for name, end in ended.items() if end[0] not in ("stopped", "crashed") or not end[1]} == {}
    assert {rogue.name: ended[rogue.name] for rogue in rogues
            if rogue.state == "crashed" and rogue.why not in ended[rogue.name][1]} == {}
