# SPDX-License-Identifier: MIT
"""The operator's commands, when they come too often or at a bad moment."""
from harness import top, vm


def test_more_often_than_they_can_be_carried_out(run):
    """What is late is left out, and the run ends when its time is over."""
    ran = run(top(pcpus=4, time="200ms") + "at 1ms every 100us: sched credit,rr\n" + vm("a", "hog", vcpus=4))
    command, = ran.report["commands"]
    assert 100 < command["done"] < 1900 and command["refused"] == 0
    assert 200_000_000 <= ran.report["elapsed_ns"] < 205_000_000


def test_resets_while_it_boots(run):
    """A VM that boots anew, which takes some ms, is not started a second time meanwhile, and runs in the end."""
    resets = "".join(f"at {time}ms: reset {name}\n" for time in range(100, 130, 2) for name in "ab")
    ran = run(top(pcpus=4, time="600ms") + resets + vm("a", "hog", affinity="1") + vm("b", "hog", vcpus=2) +
              vm("c", "hog", vcpus=4))
    assert all(2 <= guest.starts <= 16 for guest in ran.snapshot.vms[:2])
    assert [guest["state"] for guest in ran.report["vms"]] == ["running"] * 3
    for name in "abc":
        assert ran.measured(name)["elapsed_ns"] > 350_000_000, name
    assert 600_000_000 <= ran.report["elapsed_ns"] < 605_000_000


def test_resumed_before_it_has_paused(run):
    """The last command counts, although a pause takes until all VCPUs are offline."""
    ran = run(top(pcpus=4, time="300ms") + "at 100ms: pause a\nat 100ms: resume a\n" +
              "at 100ms: pause b\nat 100ms: resume b\nat 100ms: pause b\nat 200ms: resume b\n" +
              "at 100ms: pause c\nat 100ms: resume c\nat 100ms: stop c\n" +
              vm("a", "hog", vcpus=4) + vm("b", "hog", vcpus=2) + vm("c", "hog", vcpus=2))
    assert [guest["state"] for guest in ran.report["vms"]] == ["running", "running", "stopped"]
    a, b, c = [[vcpu["offline_ns"] for vcpu in guest["vcpus"]] for guest in ran.report["vms"]]
    assert max(a) < 60_000_000
    assert all(100_000_000 < offline < 160_000_000 for offline in b)
    assert min(c) > 190_000_000
