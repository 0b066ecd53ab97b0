# SPDX-License-Identifier: MIT
"""The three clocks of a VM (hyp/guest_clock.c): `time` hammered on every VCPU, beside hogs, with naps between
(tests/guests/clock.c); and what the trace says of the clock's moves. Guest times are ticks of 100 ns."""
import pytest

from harness import TICK_NS, layout, top, vm

MS = 10_000                     # ticks
READS = 60_000
MANY_READS = 1_000_000
QUANTUM = 5_000                 # ticks, 500 us
WAKE_UP = 600                   # ticks, from a timer to the guest's next instruction, nobody being in between
MOVES = ("virtual", "catchup")
CLOCKS = ("real", *MOVES)
BY_TIMER = 0                    # STINT_WAKE_TIMER
FOR_AREA = 2                    # STINT_FENCE_UNMAP
RUNNABLE = layout.RUNSTATES.index("runnable")
MASK = 2 ** 64 - 1


def few(*machines):
    """What larger machines show, too: only 'make test-long' looks at these."""
    return [pytest.param(*machine, marks=pytest.mark.long) for machine in machines]


def hammer(clock, pcpus, vcpus, reads=READS, naps=200, hogs=None, quantum="500us", beat="1ms", **keys):
    """The hogs come first, and are there when the clock's VM starts."""
    text = top(pcpus=pcpus, quantum=quantum, beat=beat, time="60s")
    for number in range(pcpus if hogs is None else hogs):
        text += vm(f"hog{number}", "hog")
    return text + vm("a", "clock", vcpus=vcpus, clock=clock, start="20ms", args=f"reads={reads} naps={naps}", **keys)


def hammered(ran, reads=READS, vcpus=1):
    measured = ran.measured("a")
    assert ran.vm("a")["state"] == "stopped" and measured.get("failed", 0) == 0
    assert measured["reads"] >= reads // vcpus * vcpus
    assert [measured[what] for what in ("backwards", "behind", "early", "over_100")] == [0, 0, 0, 0]
    return measured


def moves_of(ran, name="a"):
    """Each move of the VM's clock, ticks (by which it went on or back), in the order of the trace of each pCPU."""
    number = [described["name"] for described in ran.trace.header["vms"]].index(name)
    deltas = [event for pcpu in range(len(ran.report["pcpus"])) for event in ran.events(pcpu, "delta")
              if event.a == number]
    deltas.sort(key=lambda event: event.time)
    return [(after.time, signed(after.b - before.b)) for before, after in zip(deltas, deltas[1:])]


def signed(number):
    number &= MASK
    return number - 2 ** 64 if number >> 63 else number


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("pcpus, vcpus", [*few((1, 1), (2, 1), (2, 2)), (1, 3), (2, 5), (4, 4)])
def test_time_never_goes_backwards(run_once, clock, pcpus, vcpus):
    measured = hammered(run_once(hammer(clock, pcpus, vcpus), "--for", "1500ms"), vcpus=vcpus)
    assert measured["naps"] > READS // 200
    assert measured["steal"] > 0


@pytest.mark.parametrize("turn", range(6))
def test_steal_never_goes_back_nor_beyond_what_passed(run_once, turn):
    """pCPUs write their books as of moments that differ a little; how, depends on how turns fall."""
    scenario = hammer("virtual", 4, 4, naps=160 + turn, quantum=f"{370 + 11 * turn}us")
    hammered(run_once(scenario, "--for", "1500ms"), vcpus=4)


@pytest.mark.parametrize("clock", CLOCKS)
def test_across_migrations(run_once, clock):
    """Who falls asleep leaves a pCPU to one that waits for the other."""
    ran = run_once(hammer(clock, 2, 5, hogs=0, naps=60), "--for", "2s")
    hammered(ran, vcpus=5)
    assert sum(vcpu["migrations"] for vcpu in ran.vm("a")["vcpus"]) > 20


@pytest.mark.long
@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("pcpus, vcpus", [*few((1, 1), (2, 3)), (1, 3), (4, 6)])
def test_a_million_reads(run, clock, pcpus, vcpus):
    ran = run(hammer(clock, pcpus, vcpus, reads=MANY_READS, naps=2000, hogs=max(1, pcpus - 1)), "--for", "20s")
    hammered(ran, MANY_READS, vcpus)


@pytest.mark.parametrize("clock, vcpus, others", [
    ("real", 1, 1), ("real", 3, 3), ("virtual", 1, 0), ("virtual", 3, 2)])
def test_timer_of_one_that_sleeps(run_once, clock, vcpus, others):
    """It is not early (above) and not lost: others have at most one quantum each before it, and a clock that stands
    still while its VM does not run sees only those of its own VM."""
    measured = hammered(run_once(hammer(clock, 1, vcpus), "--for", "1500ms"), vcpus=vcpus)
    assert measured["late_most"] <= others * (QUANTUM + WAKE_UP) + WAKE_UP


@pytest.mark.parametrize("beat, beat_ns", [("100us", 100_000), ("1ms", 1_000_000)])
@pytest.mark.parametrize("clock", MOVES)
def test_pcpus_do_not_stand_still(run_once, clock, beat, beat_ns):
    """Each wakes others by kicks. Where a hart waited for the firmware while all timers had passed, nothing happened on
    any pCPU for 17 ms; now not for longer than a beat, or 0.5 ms. It is looked at from when all VMs have handed over
    their areas: that and their start are work without a look around."""
    ran = run_once(hammer(clock, 4, 4, beat=beat, affinity="0;1;2;3"), "--for", "1500ms")
    hammered(ran, vcpus=4)
    begun = max(event.time for pcpu in range(4) for event in ran.events(pcpu, "fence") if event.b == FOR_AREA)
    times = sorted(event.time for pcpu in range(4) for event in ran.events(pcpu, "exit", "run", "leave", "wake")
                   if event.time >= begun)
    assert max(after - before for before, after in zip(times, times[1:])) <= max(beat_ns, 500_000) + 50_000


def test_a_sleeper_is_woken_where_it_fell_asleep(run_once):
    """By its own pCPU, which needs no kick for that; unless its timer came while the clock stood still."""
    ran = run_once(hammer("virtual", 4, 4, affinity="0;1;2;3"), "--for", "1500ms")
    wakes = [event.a == pcpu for pcpu in range(4) for event in ran.events(pcpu, "wake") if event.arg == BY_TIMER]
    assert len(wakes) > 400 and sum(wakes) / len(wakes) > 0.4


def test_one_that_sleeps_catches_up_in_its_sleep(run_once):
    """Its VCPU had to wait for a hog, so it is behind; it goes twice as fast while it sleeps, too, and is woken when
    its time has come, not when as much has passed again."""
    text = (top(pcpus=1, time="600ms") + "at 200ms: pause hog\n" + vm("hog", "hog") +
            vm("a", "timeshare", clock="catchup", start="50ms", args="sleep:7ms"))
    ran = run_once(text)
    task, = ran.measured("a")["tasks"]
    moves = [by for _, by in moves_of(ran)]
    assert min(moves) < -5 * MS and -MS // 10 < sum(moves) <= 0     # it was behind, and has caught up
    assert task["work"] > 60 and task["longest_gap_ns"] < 300_000


def stood_still(ran, vcpus):
    """Ticks in which some VCPU of them waited and none ran, by the trace of one pCPU."""
    waiting, running, since, total = set(), set(), None, 0
    for event in ran.events(0, "wake", "run", "leave"):
        if event.vcpu not in vcpus:
            continue
        waiting.discard(event.vcpu)
        running.discard(event.vcpu)
        if event.type == layout.EVENTS["run"]:
            running.add(event.vcpu)
        elif event.type == layout.EVENTS["wake"] or event.arg == RUNNABLE:
            waiting.add(event.vcpu)
        alone = bool(waiting) and not running
        if alone and since is None:
            since = event.time
        elif not alone and since is not None:
            total, since = total + event.time - since, None
    return total // TICK_NS


def vcpus_of(ran, name):
    described = next(vm for vm in ran.trace.header["vms"] if vm["name"] == name)
    return range(described["first_vcpu"], described["first_vcpu"] + described["vcpus"])


@pytest.mark.parametrize("vcpus", [1, 3])
def test_virtual_stands_still_as_long_as_none_runs(run_once, vcpus):
    """To the tick."""
    ran = run_once(hammer("virtual", 1, vcpus), "--for", "1500ms")
    moves = [by for _, by in moves_of(ran)]
    assert len(moves) > 20 and all(by < 0 for by in moves)
    assert -sum(moves) == stood_still(ran, vcpus_of(ran, "a"))


def test_virtual_of_one_hides_all_steal_but_the_hypervisors_own(run_once):
    ran = run_once(hammer("virtual", 1, 1, naps=0), "--for", "1500ms")
    vcpu, = ran.vm("a")["vcpus"]
    hidden = -sum(by for _, by in moves_of(ran)) * TICK_NS
    assert 0.95 * vcpu["steal_ns"] < hidden <= vcpu["steal_ns"]


@pytest.mark.parametrize("vcpus", [1, 3])
def test_catchup_is_never_ahead(run_once, vcpus):
    ran = run_once(hammer("catchup", 1, vcpus), "--for", "1500ms")
    behind = 0
    moves = moves_of(ran)
    for _, by in moves:
        behind -= by
        assert behind >= 0
    assert any(by > 0 for _, by in moves) and any(by < 0 for _, by in moves)


@pytest.mark.parametrize("rate, hogs", [(2, 2), (3, 3), (5, 9)])
def test_rate_of_catching_up(run_once, rate, hogs):
    """One of whose time so much is stolen that it never has caught up: while it runs its clock goes on `rate`
    times as fast."""
    ran = run_once(hammer("catchup", 1, 1, hogs=hogs, naps=0, rate=rate, reads=60_000), "--for", "1500ms")
    hammered(ran, 60_000)
    vcpu, = vcpus_of(ran, "a")
    spans = [span for span in ran.spans(0) if span.vcpu == vcpu][2:-1]
    gained = sum(by for time, by in moves_of(ran) if by > 0 and spans[0].begin <= time <= spans[-1].end)
    ran_for = sum(span.end - span.begin for span in spans) // TICK_NS
    assert gained == pytest.approx((rate - 1) * ran_for, rel=0.03)


@pytest.mark.parametrize("clock", MOVES)
def test_is_as_real_if_nothing_is_stolen(run_once, clock):
    """Alone, it stands still only for as long as it takes to come in."""
    ran = run_once(hammer(clock, 1, 1, hogs=0, naps=0), "--for", "1500ms")
    hammered(ran)
    assert -sum(by for _, by in moves_of(ran)) <= 200
