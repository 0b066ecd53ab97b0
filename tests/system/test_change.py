# SPDX-License-Identifier: MIT
"""The scheduler and its parameters change while guests run: nobody is lost, nothing is counted twice or not at all, and
what was asked for is what is measured afterwards."""
import pytest

from harness import PCPU_PARTS, TICK_NS, VCPU_PARTS, top, vm
from stintlib import layout
from stintlib.history import History
from stintlib.schedulers import scheduler_names

SWITCHES = 1000
# Of each kind somebody: a gang, one that is parked by its cap and one by its budget, one with a reservation, sleepers.
LOAD = (vm("pair", "hog", vcpus=2) +
        vm("tasks", "timeshare", args="spin sleep:3ms slice=2ms", cap=20, request="1ms") +
        vm("disk", "io", args="period=10ms work=200us", period="10ms", slice="2ms") +
        vm("pinned", "hog", affinity="1", period="20ms", slice="4ms", weight=512) +
        vm("naps", "timeshare", vcpus=2, args="sleep:700us sleep:1ms work:2000000"))


def every_other(time):
    """Each scheduler for 20 ms, in turn."""
    names = ",".join(scheduler_names())
    return top(pcpus=2, time=time, quantum="5ms", tslice="3ms") + f"at 20ms every 20ms: sched {names}\n" + LOAD


@pytest.fixture
def changed(run_once):
    return run_once(every_other("20010ms"))


class TestAThousandChanges:
    def test_all_are_carried_out(self, changed):
        command, = changed.report["commands"]
        assert (command["done"], command["refused"]) == (SWITCHES, 0)
        assert changed.report["sched"] == scheduler_names()[(SWITCHES - 1) % len(scheduler_names())]
        assert changed.stderr == ""

    def test_times_of_a_vcpu(self, changed):
        report = changed.report
        sums = {(guest["name"], vcpu["id"]): sum(vcpu[part] for part in VCPU_PARTS)
                for guest in report["vms"] for vcpu in guest["vcpus"]}
        assert len(sums) == 7
        assert {who: total for who, total in sums.items() if total != report["elapsed_ns"]} == {}
        times = [vcpu[part] for vcpu in changed.vcpus() for part in VCPU_PARTS]
        assert [time for time in times if time < 0 or time % TICK_NS] == []

    def test_times_of_a_pcpu(self, changed):
        report = changed.report
        assert [sum(pcpu[part] for part in PCPU_PARTS) for pcpu in report["pcpus"]] == [report["elapsed_ns"]] * 2
        given = sum(pcpu["guest_ns"] + pcpu["hyp_vcpu_ns"] for pcpu in report["pcpus"])
        assert sum(vcpu["run_ns"] for vcpu in changed.vcpus()) == given

    def test_everybody_goes_on(self, changed):
        """Who wants to run all the time does so again and again, to the end; who waits for events gets his."""
        assert [guest["name"] for guest in changed.report["vms"] if guest["state"] != "running"] == []
        for name in ("pair", "tasks", "pinned"):
            for task in changed.measured(name)["tasks"]:
                assert task["longest_gap_ns"] < 100_000_000, (name, task)
        assert changed.measured("disk")["transactions"] > 0.95 * 2000
        naps = [task["work"] for task in changed.measured("naps")["tasks"] if task["name"].startswith("sleep")]
        assert min(naps) > 1000

    def test_to_the_end(self, changed):
        """Who is lost has no gap, but nothing more after it."""
        runs = sorted((event.time, event.vcpu) for ring in changed.trace.of("pcpu") for event in ring.events()
                      if event.type == layout.EVENTS["run"])
        last = {vcpu: time for time, vcpu in runs}
        assert sorted(last) == list(range(7))
        assert min(last.values()) > changed.trace.header["end"] - 100_000_000 // TICK_NS

    def test_the_pinned_stays(self, changed):
        index = next(guest["first_vcpu"] for guest in changed.trace.header["vms"] if guest["name"] == "pinned")
        assert index not in {event.vcpu for event in changed.trace.of("pcpu")[0].events()
                             if event.type == layout.EVENTS["run"]}


class TestAFewChanges:
    def test_the_trace_and_the_books_agree(self, run_once):
        """What the report counts, in another way: from the events."""
        ran = run_once(every_other("510ms"))
        history = History(ran.trace)
        parked = []
        for lane, vcpu in zip(history.vcpus, ran.vcpus()):
            time = dict.fromkeys(layout.RUNSTATES, 0)
            for span in lane.spans:
                time[span.what] += (span.end - span.begin) * history.ns
            assert (time["blocked"], time["offline"]) == (vcpu["blocked_ns"], vcpu["offline_ns"])
            assert sum(time.values()) == ran.report["elapsed_ns"]
            if time["parked"]:
                parked.append(lane.name)
        assert parked == ["tasks/0", "pinned/0"]    # out of its cap, and of its budget

    def test_the_same_trace_twice(self, run, run_once):
        first, second = run_once(every_other("510ms")), run(every_other("510ms"))
        assert first.trace.lost == 0 and len(first.trace_bytes) > 50_000
        assert first.trace_bytes == second.trace_bytes and first.report == second.report
        orders = first.events(0, "sched")
        assert [(event.time // 20_000_000, event.b) for event in orders] == [(n, 1) for n in range(1, 26)]


def test_another_quantum(run):
    """Two spinners take turns of 30 ms, and of 10 ms from 300 ms on."""
    scenario = top(time="600ms") + "at 300ms: sched-set quantum=10ms\n" + vm("a", "hog") + vm("b", "hog")
    spans = run(scenario).spans(0)
    before = [span.end - span.begin for span in spans if span.begin > 50_000_000 and span.end < 295_000_000]
    after = [span.end - span.begin for span in spans if span.begin > 320_000_000 and span.end < 595_000_000]
    assert len(before) > 5 and all(29_800_000 < length < 30_500_000 for length in before)
    assert len(after) > 20 and all(9_800_000 < length < 10_500_000 for length in after)


def shares(run, begin, end):
    """Of the time of pCPU 0 between two instants, what each VCPU had."""
    had = {}
    for span in run.spans(0):
        had[span.vcpu] = had.get(span.vcpu, 0) + max(0, min(span.end, end) - max(span.begin, begin))
    return [had[vcpu] / (end - begin) for vcpu in sorted(had)]


@pytest.mark.parametrize("sched", ["credit", "fair"])
def test_another_weight(run, sched):
    """1 : 1, and 1 : 2 from 3 s on."""
    ran = run(top(time="6s", sched=sched) + "at 3s: sched-set b weight=512\n" + vm("a", "hog") + vm("b", "hog"))
    assert shares(ran, 0, 3 * 10 ** 9) == pytest.approx([1 / 2, 1 / 2], rel=0.03)
    assert shares(ran, 3 * 10 ** 9, 6 * 10 ** 9) == pytest.approx([1 / 3, 2 / 3], rel=0.03)
    assert ran.report["commands"] == [{"at_ns": 3 * 10 ** 9, "command": "sched-set b weight=512", "done": 1,
                                       "refused": 0, "why": ""}]


def test_values_wait_for_their_scheduler(run):
    """A weight means nothing to rr, and is there when credit comes."""
    ran = run(top(time="6s") + "at 1s: sched-set b weight=512\nat 3s: sched credit\n" + vm("a", "hog") + vm("b", "hog"))
    assert shares(ran, 10 ** 9, 3 * 10 ** 9) == pytest.approx([1 / 2, 1 / 2], rel=0.03)
    assert shares(ran, 3 * 10 ** 9, 6 * 10 ** 9) == pytest.approx([1 / 3, 2 / 3], rel=0.03)
    assert ran.report["sched"] == "credit"


def test_values_of_a_vm_to_come(run):
    """What is set before a VM starts counts when it does."""
    ran = run(top(time="3s", sched="credit") + "at 500ms: sched-set late cap=30\n" + vm("a", "hog") +
              vm("late", "hog", start="1s"))
    assert [command["done"] for command in ran.report["commands"]] == [1]
    assert shares(ran, 10 ** 9, 3 * 10 ** 9) == pytest.approx([0.7, 0.3], rel=0.05)


class TestRefusedAtRunTime:
    """90 ms of every 100 are reserved; 11 more would be too much."""
    RESERVED = top(time="3s", sched="sedf") + "at 1s: sched-set b slice=21ms\n"
    GUESTS = vm("a", "hog", period="100ms", slice="80ms") + vm("b", "hog", period="100ms", slice="10ms")

    def test_a_larger_reservation(self, run):
        ran = run(self.RESERVED + self.GUESTS)
        command, = ran.report["commands"]
        assert (command["done"], command["refused"]) == (0, 1) and command["why"].startswith("sedf: ")
        assert shares(ran, 0, 10 ** 9)[1] == pytest.approx(shares(ran, 2 * 10 ** 9, 3 * 10 ** 9)[1], rel=0.03)
        assert f"[stint] test.conf:3: 'sched-set b slice=21ms' is refused: {command['why']}".encode() in ran.console
        assert f"'sched-set b slice=21ms' at 1.0000 s was refused: {command['why']}" in ran.stdout

    def test_a_scheduler_that_has_no_room(self, run):
        """Under rr reservations are only kept; under sedf they must be there."""
        ran = run(top(time="1s", pcpus=2) + "at 500ms: sched sedf\n" +
                  vm("a", "hog", vcpus=3, period="100ms", slice="60ms"))
        command, = ran.report["commands"]
        assert command["refused"] == 1 and command["why"].startswith("sedf: ") and ran.report["sched"] == "rr"
        order, = ran.events(0, "sched")
        assert order.b == 0 and ran.trace.header["scheds"][order.arg] == "sedf"
