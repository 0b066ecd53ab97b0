# SPDX-License-Identifier: MIT
"""The hypervisor comes up on any number of harts, and every one of them runs guests."""
import pytest

from harness import top, vm

MS = 1_000_000


@pytest.mark.parametrize("harts", [1, 2, 4, 8])
def test_every_hart_runs_guests(run, harts):
    ran = run(top(pcpus=harts, time="100ms") + vm("a", "hog", vcpus=harts))
    assert ran.snapshot.end == "time"
    assert len(ran.report["pcpus"]) == harts
    assert [pcpu["id"] for pcpu in ran.report["pcpus"] if pcpu["guest_ns"] < 40 * MS] == []
    assert sorted(vcpu["pcpu"] for vcpu in ran.vcpus()) == list(range(harts))


def test_the_same_from_the_command_line(run):
    scenario = top(pcpus=1, time="1s") + vm("a", "hog")
    ran = run(scenario, "--pcpus", "4", "--for", "50ms")
    assert len(ran.report["pcpus"]) == 4
    assert 50 * MS <= ran.report["elapsed_ns"] < 100 * MS


def test_most_vcpus(run):
    """As many VCPUs as a VM may have, on few pCPUs, each with its turn."""
    ran = run(top(pcpus=2, time="400ms", quantum="1ms") + vm("a", "hog", vcpus=32, memory="8M"))
    assert [vcpu["id"] for vcpu in ran.vcpus() if not vcpu["run_ns"]] == []


def test_most_vms(run):
    """As many VMs as there may be, one after the other and all at once."""
    guests = "".join(vm(f"g{n}", "cpu", args="work=1", memory="4M", start=f"{n % 8}ms") for n in range(64))
    ran = run(top(pcpus=2, quantum="1ms") + guests)
    assert ran.snapshot.end == "stopped"
    assert {guest["why"] for guest in ran.report["vms"]} == {"the guest shut down"}
    assert len({guest["report"]["checksum"] for guest in ran.report["vms"]}) == 1


def test_first_guest_instruction_is_counted(run):
    shared = run(top(pcpus=1, time="10ms") + vm("a", "hog") + vm("b", "hog")).snapshot.shared
    assert 0 < shared.boot_instret < shared.entry_instret
