# SPDX-License-Identifier: MIT
"""What the student of lab 10 can see of the grader's tests. All of them run scenarios under `sched = mine`."""
from stintlib.course import AT_LEAST, AT_MOST, relative, test, top, vm
from stintlib.course.akin import akin
from stintlib.course.board import Board, Score
from stintlib.course.foreign import headers_from, names_from
from stintlib.course.races import expect_no_race
from stintlib.course.several import longest_wait, waits_beside_idle, runs, where
from stintlib.history import History
from stintlib.paths import ROOT

MINE = "sched/mine.c"
BUILT_IN = ("rr", "credit", "sedf", "fair", "gang")
TURN = 40       # ms: nobody waits longer than this for each other VCPU of his pCPU
HALF_MS = 25    # units of work: a hog does about 54 a ms
TURNS = 6.0     # ms: a kick, the turns of other harts, and what a pCPU has to do itself when a VM ends
BEATS = ("300us", "500us", "1ms")


def hogs(number, **keys):
    return "".join(vm(f"hog{n}", "hog", **keys) for n in range(number))


def echoes(random, number, rarer=1):
    """VMs that want little, and want it soon; and the periods, in us. On several pCPUs, whose harts take turns, all
    takes so many times as long: with `rarer` they want as little there."""
    periods = [rarer * random.randrange(6000, 14000) for _ in range(number)]
    return "".join(vm(f"io{n}", "io", args=f"period={period}us work={random.randrange(50, 300)}us")
                   for n, period in enumerate(periods)), periods


def expect_own(trial):
    tree, but = trial.workshop.tree, [f"sched/{name}.c" for name in (*BUILT_IN, "registry")]
    names = set(names_from(tree, MINE, ("sched", "lib"), but)) - {"spin_wait", "spin_stuck"}    # of lib/spinlock.h
    trial.expect(f"what {MINE} calls of other schedulers and of hyp/", "nothing", ", ".join(sorted(names)) or "nothing")
    headers = headers_from(tree, MINE, ("sched", "lib"))
    trial.expect("what it includes that is no header of sched/ or lib/", "nothing", ", ".join(headers) or "nothing")


@test(points=12, title="whoever can run does, and soon",
      look="sched/mine.c: it defines sched_mine, named mine; pick: the chosen one leaves the queue, `current` comes "
           "into it, and a slice is more than 0")
def turns(trial):
    number = trial.random.choice((2, 3, 4))
    text, periods = echoes(trial.random, 1)
    expect_own(trial)
    seen = trial.run(top(pcpus=1, sched="mine", time="800ms") + hogs(number) + text)
    for n in range(number):
        trial.require(seen.guest(f"hog{n}").get("tasks"), f"hog{n} hardly ran: it has not come to its first task")
        gap = seen.guest(f"hog{n}")["tasks"][0]["longest_gap_ns"] / 1e6
        trial.expect(f"hog{n}: longest time without a pCPU, by its own clock", TURN * (number + 1), gap, AT_MOST, "ms")
        trial.expect(f"hog{n}: work done, half of an equal part", HALF_MS * 800 // (number + 1), seen.work(f"hog{n}"),
                     AT_LEAST, "units")
        trial.expect(f"hog{n}: longest wait, by the hypervisor's books", TURN * (number + 1),
                     longest_wait(seen.history, n) / 1e6, AT_MOST, "ms")
    trial.expect("io0: requests served", round(0.5 * 800_000 / periods[0]), seen.guest("io0")["transactions"], AT_LEAST)


@test(points=8, title="equals have equal shares", look="sched/mine.c: charge, and whom pick prefers", needs=("turns",))
def shares(trial):
    """Beside two that sleep now and then: it is nobody's loss but all others' alike."""
    number = trial.random.choice((2, 3, 4))
    text, _ = echoes(trial.random, 2)
    seen = trial.run(top(pcpus=1, sched="mine", time="1500ms") + hogs(number) + text)
    work = [seen.work(f"hog{n}") for n in range(number)]
    for n in range(number):    # of a dozen turns or more, one may be cut off by the end of the run
        trial.expect(f"hog{n}: its part of the work", 100 / number, 100 * work[n] / sum(work), relative(10), "%")


@test(points=10, title="whoever wants little has it soon", needs=("turns",),
      look="sched/mine.c: wake, and what it returns; pick: the slice of whoever ran before")
def latency(trial):
    text, periods = echoes(trial.random, 2)
    seen = trial.run(top(pcpus=1, sched="mine", time="1s") + hogs(trial.random.choice((2, 3))) + text)
    for n, period in enumerate(periods):
        late = seen.guest(f"io{n}")
        trial.expect(f"io{n}: requests served", round(0.85 * 1_000_000 / period), late["transactions"], AT_LEAST)
        trial.expect(f"io{n}: 99 % of its requests begin within", 10, late["late_p99_ns"] / 1e6, AT_MOST, "ms")


def expect_busy(trial, seen, what):
    wait = waits_beside_idle(seen.history)
    trial.expect(f"{what}: longest wait while an allowed pCPU idled", TURNS, wait.ns / 1e6, AT_MOST, "ms")
    trial.expect(f"{what}: all such waits together, of the time", 4,
                 100 * wait.total_ns / seen.report["elapsed_ns"], AT_MOST, "%")
    trial.expect("who that was", "", "" if wait.ns <= TURNS * 1e6 else wait.told(seen.history))


@test(points=10, title="nobody waits while an allowed pCPU idles", needs=("turns",),
      look="sched/mine.c: pick, where somebody yields and nobody waits, too; victim and dequeue")
def conserving(trial):
    random = trial.random
    text, _ = echoes(random, 1)
    expect_busy(trial, trial.run(top(pcpus=1, sched="mine", time="400ms") + hogs(2) + text), "one pCPU")
    away = random.randrange(200, 600)
    expect_busy(trial, trial.run(top(pcpus=1, sched="mine", time="300ms") + vm(
        "polite", "dodger", args=f"period=5ms away={away}us how=yield")), "one that yields, and nobody waits")
    early = random.randrange(3)    # the VMs are placed in turn: of each three, this one goes there
    text = top(pcpus=3, sched="mine", time="2s", beat=random.choice(BEATS))
    for number in range(6):
        work = random.randrange(4, 9) if number % 3 == early else random.randrange(40, 80)
        text += vm(f"job{number}", "timeshare", args=f"work:{work}ms")
    seen = trial.run(text)
    expect_busy(trial, seen, "three pCPUs")
    for number in range(6):
        trial.require(seen.guest(f"job{number}")["tasks"][0]["state"] == "done", f"job{number} did not come to its end")


@test(points=8, title="nobody runs where its affinity forbids", look="sched/mine.c: victim and spare (sched_may_move)",
      needs=("turns",))
def affinity(trial):
    random, pcpus = trial.random, 3
    full = random.randrange(pcpus)    # two that never sleep may run there only; the other pCPUs often idle
    lists = [[full], sorted(random.sample(range(pcpus), 1)), [full], sorted(random.sample(range(pcpus), 2))]
    text = top(pcpus=pcpus, sched="mine", time="400ms", beat=random.choice(BEATS))
    for number, allowed in enumerate(lists):
        guest = ("io", {"args": f"period={random.randrange(2000, 6000)}us work=200us"}) if number % 2 else ("hog", {})
        text += vm(f"only{number}", guest[0], affinity=",".join(map(str, allowed)), **guest[1])
    text += vm("free", "timeshare", args="sleep:1ms sleep:3ms") + vm("job", "timeshare", args="work:9ms")
    seen = trial.run(text)
    for number, allowed in enumerate(lists):
        vcpu = seen.history.vms[number]["first_vcpu"]
        besides = where(seen.history, vcpu) - set(allowed)
        trial.expect(f"only{number} may run on {','.join(map(str, allowed))}; where it ran besides", "none",
                     ",".join(map(str, sorted(besides))) or "none")
        trial.expect(f"times that only{number} came to run", 5, len(runs(seen.history, vcpu)), AT_LEAST)


@test(points=8, title="VMs that are paused, resumed, stopped, reset, and started late",
      look="sched/mine.c: what wake and arrive return beside one whose slice has no end; what one pays who was alone; "
           "remove, block, and what you keep of a VCPU that is gone", needs=("turns",))
def lives(trial):
    """`quits` stops for good, `again` boots anew, `sleeper` is away for a while, `late` comes when others have run."""
    at = sorted(trial.random.sample(range(60, 240, 10), 6))
    text = top(pcpus=2, sched="mine", time="1200ms", beat=trial.random.choice(BEATS))
    for time, command in zip(at, ("pause sleeper", "reset again", "stop quits", "pause again", "resume sleeper",
                                  "resume again")):
        text += f"at {time}ms: {command}\n"
    text += vm("sleeper", "hog", vcpus=2) + vm("again", "hog") + vm("quits", "timeshare", args="spin sleep:1ms")
    seen = trial.run(text + vm("late", "hog", vcpus=2, start="600ms") + vm("echo", "io", args="period=5ms work=100us"))
    trial.expect("commands that were refused", 0, sum(one["refused"] for one in seen.report["commands"]))
    trial.expect("VM quits", "stopped", seen.vm("quits")["state"])
    for name, number in (("sleeper", 2), ("again", 1), ("late", 2), ("echo", 1)):
        first = next(one["first_vcpu"] for one in seen.history.vms if one["name"] == name)
        waited = max(longest_wait(seen.history, first + n) for n in range(number)) / 1e6
        trial.expect(f"{name}: longest wait", TURN * 4, waited, AT_MOST, "ms")
        trial.expect(f"VM {name}", "running", seen.vm(name)["state"])
    for name in ("sleeper", "late"):
        trial.expect(f"{name}: work done after all that", 2000, seen.work(name), AT_LEAST, "units")
    expect_nothing_saved(trial)
    expect_no_wait_elsewhere(trial)


def expect_nothing_saved(trial):
    """One who was away for most of a second finds things as they are: he neither has all that others ran, nor waits."""
    begin, end = trial.random.randrange(150, 250, 10), trial.random.randrange(900, 1000, 10)
    seen = trial.run(top(pcpus=1, sched="mine", time="1300ms") + f"at {begin}ms: pause away\n" +
                     f"at {end}ms: resume away\n" + vm("stays", "hog") + vm("away", "hog"))
    for vcpu, name in enumerate(("stays", "away")):
        trial.expect(f"{name}, where away was paused for {end - begin} ms: longest wait for one other", TURN,
                     longest_wait(seen.history, vcpu) / 1e6, AT_MOST, "ms")


def expect_no_wait_elsewhere(trial):
    """In the simulator, whose two pCPUs have two and four: `moves` may run on both, the others may not. When three of
    the four pause and two more begin on the other pCPU it comes over, if spare lets it, to one who runs without end;
    and what it has run in a queue of two is by then 200 ms more than there."""
    pauses = trial.random.randrange(800, 1000, 10)
    text = top(pcpus=2, sched="mine", time=f"{pauses + 600}ms")
    text += "".join(f"at {pauses}ms: pause four{n}\n" for n in (1, 2, 3)) + vm("stays", "hog", affinity=0)
    text += vm("four0", "hog", affinity=1) + vm("moves", "hog")
    text += "".join(vm(f"four{n}", "hog", affinity=1) for n in (1, 2, 3))
    text += "".join(vm(f"new{n}", "hog", affinity=0, start=f"{pauses + 50}ms") for n in range(2))
    history = History(trial.simulate(text))
    for name, others in (("stays", 3), ("moves", 3), ("four0", 4), ("new0", 3), ("new1", 3)):
        vcpu = next(one["first_vcpu"] for one in history.vms if one["name"] == name)
        trial.expect(f"{name}, in the simulator, where new ones come at {pauses + 50} ms: longest wait", TURN * others,
                     longest_wait(history, vcpu) / 1e6, AT_MOST, "ms")


@test(points=8, title="from one scheduler to the other while guests run", needs=("turns",),
      look="sched/mine.c: init, arrive, and what you believe of a VCPU that comes from another scheduler")
def switching(trial):
    """Thirty times, quickly; before that and after it mine has the machine for a while."""
    random, time = trial.random, 500
    text = top(pcpus=2, sched="mine", time="1400ms", beat=random.choice(BEATS))
    for other in [random.choice(("rr", "credit", "fair")) for _ in range(14)] + ["fair"]:
        for name in (other, "mine"):
            time += random.randrange(9, 17)
            text += f"at {time}ms: sched {name}\n"
    seen = trial.run(text + hogs(5) + vm("echo", "io", args="period=5ms work=100us"))
    trial.expect("changes that were refused", 0, sum(one["refused"] for one in seen.report["commands"]))
    trial.expect("changes that were made", 30, sum(one["done"] for one in seen.report["commands"]))
    for number in range(6):
        waited = longest_wait(seen.history, number) / 1e6
        trial.expect(f"{'echo' if number == 5 else f'hog{number}'}: longest wait", TURN * 4, waited, AT_MOST, "ms")
    expect_busy(trial, seen, "all the time")


@test(points=8, title="queues and states, whatever comes between", gdb=None,
      look="what all pCPUs share in sched/mine.c; whom victim and spare give away; what remove, dequeue and init leave "
           "behind; tests/races")
def sound(trial):
    expect_no_race(trial, 2500, "--sched", "mine")


# ---- The scoreboard ----

def late_p99(seen, number):
    """ms; of who served nobody, all of the run."""
    found = [seen.guest(f"io{n}") for n in range(number)]
    return max(one["late_p99_ns"] / 1e6 if one["transactions"] else 1000.0 for one in found)


def unequal(works):
    """Percent of the mean between the most and the least."""
    return 100 * (max(works) - min(works)) / max(sum(works) / len(works), 1)


def weight_error(works, weights):
    """Percent: the part that is furthest from what the weights say, seen from there."""
    parts = [work / max(sum(works), 1) * sum(weights) / weight for work, weight in zip(works, weights)]
    return 100 * max(abs(part - 1) for part in parts)


def make_board(trial, mix, weighted, weights):
    """Both scenarios under all schedulers; mix: 3 spinners and 2 that want little."""
    latency_, spread, error, done = {}, {}, {}, {}
    for name in ("mine", *BUILT_IN):
        seen = trial.run(mix, sets={"sched": name})
        works = [seen.work(f"hog{n}") for n in range(3)]
        latency_[name], spread[name], done[name] = late_p99(seen, 2), unequal(works), sum(works)
        seen = trial.run(weighted, sets={"sched": name})
        error[name] = weight_error([seen.work(f"heavy{n}") for n in range(len(weights))], weights)
    trial.board = Board("mine", [
        Score("a request begins, 99 %", "ms", latency_), Score("equals differ by", "%", spread),
        Score("off the weights by", "%", error), Score("work of the spinners", "units", done, less=False)],
                        descent(trial))


def descent(trial):
    nearest, percent = akin((trial.workshop.tree / MINE).read_text("utf-8", "replace"), "mine",
                            {name: (ROOT / "sched" / f"{name}.c").read_text("utf-8") for name in BUILT_IN})
    return f"Of its code {percent:.0f} % stands in sched/{nearest}.c, too."


def heavies(weights, **keys):
    return top(pcpus=1, **keys) + "".join(vm(f"heavy{n}", "hog", weight=256 * weight)
                                          for n, weight in enumerate(weights))


@test(points=0, title="beside the five that are there: no points, but numbers", needs=("turns",))
def board(trial):
    text, _ = echoes(trial.random, 2)
    make_board(trial, top(pcpus=1, time="600ms") + hogs(3) + text, heavies((1, 2, 4), time="600ms"), (1, 2, 4))
