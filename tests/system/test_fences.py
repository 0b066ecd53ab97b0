# SPDX-License-Identifier: MIT
"""Translations of one VCPU must not serve another. QEMU forgets them at every exit and so hides an
omission: what counts here is what the hypervisor did, the fences in its trace and the hgatp in force."""
import pytest

from harness import layout, top, vm
from stintlib.course.fences import FIRST, MOVED, SIBLING, arrivals, owners

GVMA = layout.FENCES.index("gvma")
PCPUS = 3
NEW_VMID, UNMAP, GUEST = (layout.FENCE_WHYS.index(why) for why in ("new_vmid", "unmap", "guest"))


@pytest.fixture
def ran(run_once):
    """VMs whose VCPUs come after each other and move about."""
    scenario = top(pcpus=PCPUS, time="300ms", quantum="200us")
    scenario += vm("a", "hog", vcpus=4) + vm("b", "timeshare", vcpus=2, args="spin sleep:1ms")
    return run_once(scenario + vm("c", "ipi", vcpus=4) + vm("d", "timeshare", args="sleep:700us"))


def arrived(run):
    return arrivals([(pcpu, event) for pcpu in range(PCPUS) for event in run.events(pcpu, "run", "fence")],
                    owners(run.trace))


@pytest.mark.parametrize("need", [FIRST, SIBLING, MOVED])
def test_fenced_on_arrival(ran, need):
    needy = [arrival for arrival in arrived(ran) if arrival.need == need]
    assert needy, "it never happened: the scenario is too tame"
    assert [arrival for arrival in needy if not arrival.made("vvma")] == []


def test_new_vmid_is_fenced_whole(ran):
    """The first VCPU of a VM on a pCPU also drops what the VMID may have meant before."""
    assert all(arrival.made("gvma") for arrival in arrived(ran) if arrival.need == FIRST)


def test_no_needless_fences(ran):
    """Who comes back to where only VCPUs of other VMs ran finds its translations. (An area that is handed
    over is a change of the tables, and reaches each pCPU as if the VM were new there.)"""
    idle = [arrival.fences for arrival in arrived(ran) if arrival.need is None]
    needless = [fences for fences in idle if fences[:1] and fences[0].b not in (UNMAP, GUEST, NEW_VMID)]
    assert len(idle) > 200
    assert len(needless) <= len(idle) / 100, "a few come from events of two pCPUs whose order is in doubt"


def test_address_spaces_differ(ran):
    """Each VM has a VMID and tables of its own, and its VCPUs ran with these."""
    hgatps = [guest.hgatp for guest in ran.snapshot.vms]
    vmids = [hgatp >> 44 & 0x3fff for hgatp in hgatps]
    assert len(set(vmids)) == len(vmids) and 0 not in vmids
    assert vmids == [guest.vmid for guest in ran.snapshot.vms]
    assert {hgatp >> 60 for hgatp in hgatps} == {8}, "Sv39x4"
    owner = owners(ran.trace)
    for pcpu in range(PCPUS):
        assert {(event.a, owner[event.vcpu]) for event in ran.events(pcpu, "fence")} <= set(zip(hgatps, range(4)))


def test_tables_of_a_second_life_are_fenced(run):
    """After a reset the VMID means other pages: on each pCPU the VM comes to, G-stage translations go
    first."""
    scenario = top(pcpus=2, time="200ms", quantum="1ms") + "at 100ms: reset a\n" + vm("a", "hog", vcpus=2)
    ran = run(scenario + vm("b", "hog", vcpus=2))
    again = [event.time for event in ran.events(0, "vm") + ran.events(1, "vm")
             if event.a == 0 and event.arg == layout.VM_STATES.index("running")]
    assert len(again) == 2
    for pcpu in range(2):
        came = [event for event in ran.events(pcpu, "run") if event.vcpu in (0, 1) and event.time >= again[1]]
        whole = [event for event in ran.events(pcpu, "fence")
                 if event.vcpu in (0, 1) and event.arg == GVMA and event.time >= again[1]]
        assert not came or whole and whole[0].time - came[0].time < 100_000


@pytest.mark.parametrize("pcpus, vcpus", [(1, 2), (2, 3), (4, 4), (2, 5)])
def test_remote_fences_and_ipis(run, pcpus, vcpus):
    """IPIs, remote fences, starts and stops among VCPUs, wherever they are (tests/guests/ipi.c)."""
    ran = run(top(pcpus=pcpus, quantum="1ms", time="20s") + vm("a", "ipi", vcpus=vcpus, args="rounds=8"))
    measured = ran.measured("a")
    assert measured.get("wrong", {}) == {} and measured["failed"] == 0
    assert measured["harts"] == vcpus
    guest = [event for pcpu in range(pcpus) for event in ran.events(pcpu, "fence") if event.b == GUEST]
    assert {layout.FENCES[event.arg] for event in guest} == {"vvma", "i"}
