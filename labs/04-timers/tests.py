# SPDX-License-Identifier: MIT
"""What the student of lab 4 can see of the grader's tests. The guests are in labs/04-timers/guests and tests/guests:
they measure their own time, and that of the machine, which a hypervisor cannot turn back (the CSR `cycle`)."""
from stintlib.course import AT_LEAST, AT_MOST, absolute, relative, test, top, vm

TICKS_A_MS = 10_000
NS_A_MS = 1_000_000
UNITS_A_MS = 62.5       # 1000 instructions of 16 ns: what a guest does in a millisecond that has a pCPU to itself
WAKE_UP = 0.06          # ms, from a timer to the guest's next instruction, nobody being in between
NOT_SUPPORTED = -2      # SBI_ERR_NOT_SUPPORTED


def evidence(trial, seen, name="a", last="done"):
    """What the guest found; it has come to its end."""
    found = seen.guest(name)
    so_far = ", ".join(f"{what} {value}" for what, value in found.values.items())
    trial.require(last in found.values, f"guest {name} never came to its end: it waits for a timer, or an interrupt, "
                                        f"that does not come. So far it has found: {so_far or 'nothing'}")
    return found


@test(points=8, title="a timer by SBI call: set, pending, withdrawn", look="sbi/time.c: call",
      gdb=("break sbi/time.c:call",))
def set_timer(trial):
    """The guest starts some time after the machine, so that its time is another."""
    soon, far = trial.random.randrange(5_000, 30_000), trial.random.randrange(10 ** 7, 10 ** 9)
    start = trial.random.randrange(50, 90)
    seen = trial.run(top(pcpus=1, time=f"{start + 200}ms") +
                     vm("a", "lab04_set_timer", start=f"{start}ms", args=f"soon={soon} far={far}"))
    found = evidence(trial, seen)
    for name, pending, what in (("never", 0, "all ones"), ("zero", 1, "0"), ("far", 0, "a far future, after 0"),
                                ("past", 1, "a tick ago"), ("off", 0, "all ones, after a tick ago"),
                                ("soon", 0, f"in {soon} ticks"), ("after", 0, "a far future, after one that was due")):
        trial.expect(f"set_timer({what}): a0, pending", f"0, {pending}",
                     f"{found[name]['error']}, {found[name]['pending']}")
    trial.expect("the timer that was waited for came late by", 0.002, found["late"] / TICKS_A_MS, absolute(0.002), "ms")
    trial.expect("function 1: a0, pending", f"{NOT_SUPPORTED}, 0",
                 f"{found['none']['error']}, {found['none']['pending']}")


@test(points=8, title="a guest's time begins with the guest, and goes on steadily", look="hyp/vcpu.c: load_interrupts")
def guest_time(trial):
    """Three guests take turns, and one of them starts late."""
    quantum, start = trial.random.randrange(3, 8), trial.random.randrange(150, 250)
    text = top(pcpus=1, time=f"{start + 250}ms", quantum=f"{quantum}ms")
    for name, delay in (("a", 0), ("b", 0), ("c", start)):
        text += vm(name, "lab04_periods", start=f"{delay}ms", args=f"ticks=5000 until={150 * NS_A_MS}")
    seen = trial.run(text)
    for name in "abc":
        found = evidence(trial, seen, name)
        # It may have waited for two turns before its first instruction.
        trial.expect(f"guest {name}: time at its first instruction", 2 * quantum + 4, found["first"] / TICKS_A_MS,
                     AT_MOST, "ms")
        trial.expect(f"guest {name}: its time and the machine's went apart by", 0.001, found["off_most"] / NS_A_MS,
                     AT_MOST, "ms")


@test(points=12, title="each VCPU has a timer of its own, and keeps it while others run",
      look="hyp/vcpu.c: save_interrupts, load_interrupts", gdb=("break vcpu_enter",))
def switch(trial):
    """Guests that spin, and have timers of different lengths. One that comes due while its VCPU is away is pending
    when that is back; what is withdrawn is pending no more."""
    quantum = trial.random.randrange(4, 8)
    text, all_ticks = top(pcpus=1, time="500ms", quantum=f"{quantum}ms"), trial.random.sample(range(3_000, 60_000), 3)
    for name, ticks in zip("abc", all_ticks):
        text += vm(name, "lab04_periods", args=f"ticks={ticks} until={350 * NS_A_MS}")
    expect_timers(trial, trial.run(text), dict(zip("abc", all_ticks)), 2 * quantum)


def expect_timers(trial, seen, guests, away):
    """guests: {VM: ticks of its longest timer}. away: ms, for which a VCPU waits at most before its next turn."""
    for name, ticks in guests.items():
        found = evidence(trial, seen, name)
        for what in ("lost", "early", "spurious"):
            trial.expect(f"guest {name}: timers {what}", 0, found[what])
        trial.expect(f"guest {name}: timers still pending when withdrawn", 0, found["stuck"])
        trial.expect(f"guest {name}: pending IPIs forgotten", 0, found["forgot"])
        trial.expect(f"guest {name}: IPIs pending that nobody sent to it", 0, found["unsent"])
        trial.expect(f"guest {name}: the latest timer was late by", away + WAKE_UP + 0.1,
                     found["late_most"] / TICKS_A_MS, AT_MOST, "ms")
        trial.expect(f"guest {name}: timers that came", int(300 / (ticks / TICKS_A_MS + away)), found["timers"],
                     AT_LEAST)


@test(points=10, title="a blocked VCPU is woken at its deadline", look="hyp/guest_clock.c: guest_clock_deadline",
      gdb=("break guest_clock_deadline",))
def wake(trial):
    """Nobody else is there: the pCPU idles until the timer. Neither early, nor late, nor twice."""
    naps, start = trial.random.randrange(30, 50), trial.random.randrange(20, 60)
    args = f"naps={naps} ticks={trial.random.randrange(2_000, 9_000)} more={trial.random.randrange(20_000, 50_000)}"
    found = evidence(trial, trial.run(top(pcpus=1, time="1s") + vm("a", "lab04_naps", start=f"{start}ms", args=args)))
    trial.expect("naps taken", naps, found["naps"])
    trial.expect("times that WFI was over before the timer was due", 0, found["early"])
    trial.expect("times that WFI was over", naps, found["waits"])
    trial.expect("the latest wake-up was late by", WAKE_UP, found["late_most"] / TICKS_A_MS, AT_MOST, "ms")


@test(points=10, title="who waits gives the pCPU away, and who need not wait does not", look="hyp/vcpu.c: vcpu_block",
      gdb=("break vcpu_block",))
def block(trial):
    naps, ticks = trial.random.randrange(20, 30), trial.random.randrange(90_000, 120_000)
    slept = naps * ticks / TICKS_A_MS
    seen = trial.run(top(pcpus=1, time=f"{int(slept) + 400}ms", quantum="10ms") +
                     vm("a", "lab04_naps", args=f"naps={naps} ticks={ticks}") + vm("b", "hog"))
    found = evidence(trial, seen)
    # 400 ms of these are b's alone, or nearly so; in the rest a works for less than 1 % of the time.
    trial.expect("work of its neighbour", 0.9 * (slept + 400) * UNITS_A_MS, seen.work("b"), AT_LEAST)
    for what, name in (("an IPI", "pending_wait"), ("a timer", "due_wait")):
        trial.expect(f"WFI with {what} pending, but masked, takes", WAKE_UP, found[name] / TICKS_A_MS, AT_MOST, "ms")


CLOCKS = ("catchup", "real", "virtual")


def distort(trial, rate=2):
    """Three guests with a clock each, and hogs: all take turns, until after some of them only the first is left. Each
    asks for a timer in the middle of a turn that is due while it is away. The one that catches up comes first; what it
    is behind by the time it takes to start the others it has made up for when it asks."""
    quantum, hogs = trial.random.randrange(15, 25), trial.random.randrange(2, 4)
    turns = 3 + hogs
    after, ask = (int(quantum * NS_A_MS * trial.random.uniform(*part)) for part in ((0.4, 0.5), (0.7, 0.9)))
    alone, behind = 2 * turns * quantum, 2 * (turns - 1) * quantum
    end = alone + behind // (rate - 1) + quantum
    text = top(pcpus=1, quantum=f"{quantum}ms", time=f"{end + 100}ms")
    for name in CLOCKS[1:] + tuple(f"hog{number}" for number in range(hogs)):
        text += f"at {alone}ms: stop {name}\n"
    for clock in CLOCKS:
        keys = {"rate": rate} if clock == "catchup" else {}
        until = end if clock == "catchup" else 0
        text += vm(clock, "lab04_ask", clock=clock, args=f"after={after} ask={ask} until={until * NS_A_MS}", **keys)
    text += "".join(vm(f"hog{number}", "hog") for number in range(hogs))
    return trial.run(text), ask / NS_A_MS


def expect_timer(trial, seen, clock, ask, rate=2):
    """It had run for `ran` when it went away, for `away`. The machine's time is off by what the hypervisor itself takes
    of a turn. Catching up goes in steps of 0.1 ms, which are `rate` times as long by the guest's clock."""
    found = evidence(trial, seen, clock)
    ran, away = found["ran_ns"] / NS_A_MS, found["away_ns"] / NS_A_MS
    machine = {"real": max(ask, ran + away), "virtual": ask + away, "catchup": ran + away + (ask - ran) / rate}[clock]
    guest = machine if clock == "real" else ask
    asked = f"{clock}: asked for {ask:.1f} ms, ran {ran:.1f}, was away for {away:.1f}: "
    trial.expect(asked + "took", machine, found["machine_ns"] / NS_A_MS, absolute(0.3), "ms")
    trial.expect(f"{clock}: by its own clock", guest, found["guest_ns"] / NS_A_MS, absolute(0.1 + 0.1 * rate), "ms")
    return found


def set_back(seen, clock):
    """ms, by which the VM's delta is less at the end than at its start, as the trace has it."""
    number = CLOCKS.index(clock)
    deltas = [event.b for _, event in seen.events("delta") if event.a == number]
    return ((deltas[0] - deltas[-1] + 2 ** 63) % 2 ** 64 - 2 ** 63) / TICKS_A_MS if deltas else 0


@test(points=12, title="clock = virtual stands still while its guest is kept from running",
      look="hyp/guest_clock.c: freeze_if_alone, stood_still, thaw", gdb=("break guest_clock_enter",))
def virtual(trial):
    seen, ask = distort(trial)
    for clock in ("real", "virtual"):
        found = expect_timer(trial, seen, clock, ask)
    trial.expect("virtual: its delta went back, as the trace has it, by its absence at least",
                 found["away_ns"] / NS_A_MS - 0.1, set_back(seen, "virtual"), AT_LEAST, "ms")


@test(points=10, title="clock = catchup goes twice as fast until it is real again, and no further",
      look="hyp/guest_clock.c: step", needs=("virtual",))
def catchup(trial):
    seen, ask = distort(trial)
    found = expect_timer(trial, seen, "catchup", ask)
    expect_caught_up(trial, found)
    trial.expect("catchup: its delta is less than at its start, as the trace has it, by", 0.0,
                 set_back(seen, "catchup"), absolute(0.1), "ms")


def expect_caught_up(trial, found):
    trial.expect("catchup: at the end it is ahead of the machine by", 0.0, found["ahead_last_ns"] / NS_A_MS,
                 absolute(0.1), "ms")
    trial.expect("catchup: it never was further ahead than", 0.1, found["ahead_most_ns"] / NS_A_MS, AT_MOST, "ms")
    # By now it has seen all of its absences; and what each of the steps costs, which is some us in 100, is stolen, too.
    trial.expect("catchup: steal that it was told since it asked, of its absences", found["away_all_ns"] / NS_A_MS,
                 found["stolen_ns"] / NS_A_MS, relative(5), "ms")


@test(points=8, title="siblings have one clock, which stands still only if none of them runs",
      look="hyp/guest_clock.c: freeze_if_alone", needs=("virtual",))
def siblings(trial):
    """Two VCPUs and a hog on one pCPU; and then, with two hogs, on two pCPUs."""
    quantum = trial.random.randrange(500, 1500)
    seen = trial.run(hammer("virtual", 1, quantum, reads=100_000, hogs=1, time=300))
    found = hammered(trial, seen)
    frozen = 100 * (1 - found["elapsed"] * 100 / found["machine"])
    trial.expect("part of the time in which the clock stood still", 100 / 3, frozen, absolute(2), "%")
    hammered(trial, trial.run(hammer("virtual", 2, quantum, reads=60_000, hogs=2, naps=400, time=500)))


def hammer(clock, pcpus, quantum, reads, hogs, time, naps=0, vcpus=2, **keys):
    """quantum: us; time: ms, enough for so many reads."""
    text = top(pcpus=pcpus, quantum=f"{quantum}us", time=f"{time}ms")
    return text + "".join(vm(f"hog{number}", "hog") for number in range(hogs)) + vm(
        "a", "clock", vcpus=vcpus, clock=clock, start="5ms", args=f"reads={reads} naps={naps}", **keys)


def hammered(trial, seen):
    found = evidence(trial, seen, last="steal")
    trial.expect("readings of the clock that were earlier than the hart's own last one", 0, found["backwards"])
    trial.expect("readings that were earlier than one that a sibling had before", 0, found["behind"])
    trial.expect("timers that came early", 0, found["early"])
    return found
