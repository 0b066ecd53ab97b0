# SPDX-License-Identifier: MIT
"""A timer of 100 ms, of which 50 ms run before the guest is away for 1 s, by the three clocks; and how late a timer is
on four pCPUs that are busy."""
from stintlib.experiments import AT_MOST, Row, hogs, relative, top, vm
from stintlib.layout import EVENTS

NAME = "distortion"
ABOUT = "A guest asks for 100 ms, runs for 50 and is away for a second: when its timer comes, and what it believes."
EXPECTED = {"real": (1050, 1050), "virtual": (1100, 100), "catchup": (1075, 100)}    # ms: by the host, by the guest
BEATS = {"1ms": 1, "100us": 0.1}    # ms; the first is the default
PCPUS = 4
SETTLED = 200    # ms of the guest's clock

# What a timer on one of four busy pCPUs may be late by, in ms of its guest's clock; docs/clocks.md derives it.
KICK = 0.32      # ms: 80 us for the firmware's part, the wake-up and the switch, at the pace of one of four harts
KICKS = {"real": 2, "virtual": 5, "catchup": 5}
RATE = {"real": 1, "virtual": 1, "catchup": 2}


def run(lab):
    one, four = lab.run("distortion"), {beat: lab.run(on_four(beat)) for beat in BEATS}
    sleepers = {(clock, beat): lab.run(asleep(clock, beat)) for clock in EXPECTED for beat in BEATS}
    places = [("", one)] + [(f"4 pCPUs, beat {beat}, ", done) for beat, done in four.items()]
    return [row for place, done in places for clock in EXPECTED for row in rows(place, clock, done.measured(clock))] + [
        late(clock, beat, done) for (clock, beat), done in sleepers.items()]


def on_four(beat):
    """On each of three pCPUs a victim among ten spinners, all at the same time; the first is busy, too. The spinners
    are up first, and then out of the way until each victim has begun the turn in which it asks. The victims boot one
    after the other, because it is part of the 50 ms, and four busy harts boot at a quarter of the pace."""
    text = top(pcpus=PCPUS, sched="rr", quantum="100ms", time="1700ms", beat=beat)
    for pcpu in range(1, PCPUS):
        text += f"at 300ms: pause crowd{pcpu}\nat 340ms: resume crowd{pcpu}\n"
    for pcpu, clock in enumerate(EXPECTED, 1):
        text += vm(clock, "distortion", args="ask=100ms after=50ms", clock=clock, affinity=pcpu,
                   start=f"{300 + 10 * pcpu}ms")
        text += vm(f"crowd{pcpu}", "hog", vcpus=10, affinity=pcpu)
    return text + vm("busy", "hog", affinity=0, start="340ms")


def rows(place, clock, measured):
    host, guest = EXPECTED[clock]
    yield Row(f"{place}{clock}: host", f"what has passed when the timer comes, clock={clock}", "ms", host,
              measured["timer_host_ns"] / 1e6, relative(1))
    yield Row(f"{place}{clock}: guest", f"what the guest believes has passed, clock={clock}", "ms", guest,
              measured["timer_guest_ns"] / 1e6, relative(1))


def asleep(clock, beat):
    """Four tasks that sleep, on four VCPUs, each on a pCPU with a spinner, which makes way for who wakes."""
    return (top(pcpus=PCPUS, sched="credit", ratelimit="0ns", time="1s", beat=beat)
            + vm("sleepers", "timeshare", vcpus=PCPUS, affinity="0;1;2;3", clock=clock, start="50ms",
                 args="sleep:7ms sleep:11ms sleep:13ms sleep:17ms") + hogs(*range(PCPUS)))


def late(clock, beat, done):
    most = RATE[clock] * (2 * BEATS[beat] + KICKS[clock] * KICK)
    return Row(f"4 pCPUs, beat {beat}, {clock}: late", f"the latest of all wake-ups, clock={clock}", "ms", most,
               latest(done.trace), AT_MOST)


def latest(trace):
    """From when a sleeping task's time has come to when its guest lets it run, by the guest's clock, ms; of all, once
    everything has been touched."""
    events = sorted(((event.time, number, event) for number, ring in enumerate(trace.of("guest"))
                     if ring.info["vm"] == 0 for event in ring.events()), key=lambda each: each[:2])
    ticks, due, most = trace.header["timebase_hz"] / 1000, {}, 0
    for time, _, event in events:
        if event.type == EVENTS["task_sleep"]:
            due[event.arg] = event.a
        elif event.type == EVENTS["task_run"] and event.arg in due:
            most = max(most, (time - due.pop(event.arg)) / ticks if time > SETTLED * ticks else 0)
    return most
