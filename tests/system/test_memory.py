# SPDX-License-Identifier: MIT
"""Guest memory: given at the first touch, zero, and all of it back when a VM ends, however it ends."""
import pytest

from harness import layout, top, vm

PAGES = 500
SLACK = 80              # pages for image, area, device tree and tables


def free_after(ran, *states):
    """Free pages after each time a VM came to one of these states, in order."""
    wanted = {layout.VM_STATES.index(state) for state in states}
    return [event.b for event in ran.events(0, "vm") if event.arg in wanted]


def scenario(then, **keys):
    return top(pcpus=1, time="200ms") + vm("a", "memory", args=f"touch={PAGES} then={then}", **keys)


@pytest.mark.parametrize("then, state, code", [
    ("stop", "stopped", 0), ("fail", "crashed", 1), ("crash", "crashed", 1)])
def test_an_end_frees_every_page(run, then, state, code):
    ran = run(scenario(then), expect=code)
    shared, guest = ran.snapshot.shared, ran.snapshot.vms[0]
    assert ran.vm("a")["state"] == state
    assert ran.measured("a")["touched"] == PAGES
    assert guest.pages == 0 and guest.hgatp == 0
    assert shared.pages_free == shared.pages_total
    assert free_after(ran, state) == [shared.pages_total]


def test_an_operators_stop_frees_every_page(run):
    ran = run("at 100ms: stop a\n" + scenario("spin", vcpus=3))
    assert ran.snapshot.shared.pages_free == ran.snapshot.shared.pages_total


def test_every_life_begins_with_the_same_memory(run):
    """A VM that reboots over and over has as many free pages after each start, and never meets old
    contents."""
    ran = run(scenario("reboot"))
    begun = free_after(ran, "running")
    assert len(begun) > 5 and len(set(begun)) == 1
    assert ran.snapshot.vms[0].starts == len(begun)
    assert ran.vm("a")["state"] != "crashed", "a life that finds old contents ends in failure"


def test_an_operators_reset(run):
    ran = run("at 60ms: reset a\nat 120ms: reset a\n" + scenario("wait"))
    assert ran.snapshot.vms[0].starts == 3
    assert len(set(free_after(ran, "running"))) == 1
    assert ran.measured("a")["dirty"] == 0 and ran.measured("a")["finished"] == 1


def test_pages_come_at_first_touch(run):
    """A VM holds what it touched, not what it may have."""
    held = {}
    for touched in (0, PAGES):
        text = top(pcpus=1, time="100ms") + vm("a", "memory", memory="64M", args=f"touch={touched} then=wait")
        ran = run(text)
        assert ran.measured("a")["touched"] == touched and ran.measured("a")["dirty"] == 0
        held[touched] = ran.snapshot.vms[0].pages
        assert ran.vm("a")["vcpus"][0]["exits"]["fault"] >= touched
    assert held[0] < SLACK + 140 and PAGES <= held[PAGES] - held[0] <= PAGES + 4


def test_memory_of_the_dead_serves_the_living(run):
    """One VM after the other touches more than half of what there is."""
    guests = "".join(vm(f"g{n}", "memory", memory="32M", args="touch=5000 then=stop", start=f"{n * 400}ms")
                     for n in range(6))
    ran = run(top(pcpus=1) + guests)
    assert [guest["report"]["dirty"] for guest in ran.report["vms"]] == [0] * 6
    assert ran.snapshot.shared.pages_free == ran.snapshot.shared.pages_total
