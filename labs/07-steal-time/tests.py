# SPDX-License-Identifier: MIT
"""What the student of lab 7 can see of the grader's tests. The guest is labs/07-steal-time/guests/lab07_sta.c: it looks
at its records and at its clock, and says what it saw. Its times are ticks of 100 ns."""
from stintlib.course import AT_LEAST, AT_MOST, absolute, relative, test, top, vm

OK, NOT_THAT, BAD_ADDRESS = 0, -3, -5    # SBI: success, SBI_ERR_INVALID_PARAM, SBI_ERR_INVALID_ADDRESS
MS = 1e4                                 # ticks
SWITCH = 0.0075    # ms around each absence that are no steal: what saves and restores the VCPU, and a look at the clock


def guest(case, **keys):
    args = " ".join([f"case={case}"] + [f"{key}={value}" for key, value in keys.pop("args", {}).items()])
    return vm("a", "lab07_sta", args=args, **keys)


def beside_hogs(trial, time, case, hogs=1, quantum=(3, 4, 5, 6, 8), **keys):
    """A scenario: the guest shares its pCPU with others that never wait."""
    return (top(pcpus=1, time=time, quantum=f"{trial.random.choice(quantum)}ms") + guest(case, **keys)
            + "".join(vm(f"hog{number}", "hog") for number in range(hogs)))


def look(trial, text):
    """What the guest saw. A VM that is done may be stopped; its hogs go on until the time is over."""
    return trial.run(text).guest("a")


def registered(trial, seen, name="register"):
    return trial.expect("set_shmem of a good address returns", OK, seen[name])


ANSWERS = {    # name in the guest's report: what was called, what SBI's specification says it returns
    "register": ("a good address", OK),
    "flags": ("flags that are not 0", NOT_THAT),
    "high_flags": ("flags of which only the upper half is not 0", NOT_THAT),
    "stop_with_flags": ("all ones, with flags that are not 0", NOT_THAT),
    "stop": ("all ones in both halves: stop", OK),
    "stop_again": ("stop, again", OK),
    "only_low_is_ones": ("all ones in the lower half only", NOT_THAT),
    "only_high_is_ones": ("all ones in the upper half only", BAD_ADDRESS),
    "misaligned": ("an address that is not aligned to 64", NOT_THAT),
    "half_aligned": ("one that is aligned to 32", NOT_THAT),
    "misaligned_and_high": ("the same, with an upper half of 1", NOT_THAT),
    "misaligned_and_outside": ("not aligned, and no RAM", NOT_THAT),
    "high": ("an upper half of 1", BAD_ADDRESS),
    "device": ("the address of the UART", BAD_ADDRESS),
    "before_ram": ("64 bytes before RAM", BAD_ADDRESS),
    "behind_ram": ("the first address behind RAM", BAD_ADDRESS),
    "far_outside": ("2 to the power of 55", BAD_ADDRESS),
    "first_of_ram": ("the first 64 bytes of RAM", OK),
    "last_of_ram": ("the last 64 bytes of RAM", OK),
}


@test(points=10, title="the call answers by the book", look="sbi/sta.c: set_shmem, register_record",
      gdb=("break set_shmem",))
def calls(trial):
    draw = trial.random
    seen = look(trial, top(pcpus=1, time="1s") + guest(
        "calls", args={"flags": 1 << draw.randrange(32), "high_flags": 1 << draw.randrange(32, 64),
                       "off": draw.choice((1, 4, 8, 16, 63))}))
    for name, (what, expected) in ANSWERS.items():
        trial.expect(what, expected, seen[name])


@test(points=8, title="all 64 bytes are zero when the call returns", look="sbi/sta.c: register_record")
def zeroed(trial):
    seen = look(trial, top(pcpus=1, time="1s") + guest("zeroed"))
    registered(trial, seen)
    trial.expect("bytes of the record that are not zero", 0, seen["not_zero"])
    trial.expect("bytes that a refused call has changed", 0, seen["refused_changed"])
    trial.expect("bytes changed of the 64 behind them", 0, seen["neighbour_changed"])


def expect_spinner(trial, seen, share, tolerance):
    """Of a guest that wants to run all the time: run + steal = elapsed. What it ran is what its clock showed without
    jumps. share: percent of its time that is another's."""
    registered(trial, seen)
    elapsed, gaps = seen["elapsed"] / MS, seen["gaps"] / MS
    trial.expect("steal that the record told meanwhile, of the time", share, 100 * seen["steal"] / seen["elapsed"],
                 tolerance, "%")
    trial.expect("run + steal, which is the time that passed", elapsed, elapsed - gaps + seen["steal"] / MS,
                 absolute(SWITCH * (seen["breaks"] + 1)), "ms")
    expect_sane(trial, seen)


def expect_sane(trial, seen):
    trial.expect("looks that found the record odd, or steal gone back, or itself preempted", 0, seen["wrong_views"])
    trial.expect("by how much steal grew more than time did between two looks", 0, max(seen["excess"], 0) / MS,
                 AT_MOST, "ms")


@test(points=14, title="run + steal = time, for one that never waits by itself", look="sbi/sta.c: stolen, write_steal",
      gdb=("tbreak sta_goes_on if v->sta.record",))
def spins(trial):
    hogs = trial.random.choice((1, 2))
    seen = look(trial, beside_hogs(trial, "500ms", "spin", hogs, args={"ms": 400}))
    expect_spinner(trial, seen, 100 * hogs / (hogs + 1), absolute(2))
    trial.expect("bytes of its flags and its padding that are not 0", 0, seen["filled"])


WAITS = 15
TWO = {"vcpus": 2, "affinity": "0;1"}


@test(points=12, title="to sleep is no steal; to wait for the pCPU afterwards is", look="sbi/sta.c: stolen")
def sleeps(trial):
    sleep = trial.random.randrange(3000, 7000, 100)
    args = {"sleep": sleep, "waits": WAITS}
    seen = look(trial, top(pcpus=1, time="500ms") + guest("sleep", args=args))
    registered(trial, seen)
    # A timer that is due costs an exit and a switch, 20 us; some of that is the hypervisor's own, and told as steal.
    trial.expect("steal, alone on the pCPU, of the time it slept", 0, 100 * seen["steal"] / seen["slept"], absolute(1),
                 "%")
    # The hog has just begun its turn when the guest falls asleep, and goes on when the timer is due.
    seen = look(trial, beside_hogs(trial, "600ms", "sleep", quantum=(15, 18, 20), args=args))
    trial.expect("time from when its timers were due until it ran, beside a hog", 5 * WAITS, seen["late"] / MS,
                 AT_LEAST, "ms")
    trial.expect("steal told meanwhile", seen["late"] / MS, seen["steal"] / MS, absolute(SWITCH * WAITS), "ms")
    # The hog's turn is over before the sibling's pause is. To send the IPI and to switch takes 20 us, and is no steal.
    seen = look(trial, top(pcpus=2, time="600ms", quantum="8ms") + vm("hog", "hog", affinity="1") +
                guest("woken", args={"waits": WAITS, "pause": 12}, **TWO))
    trial.expect("steal told of one that a sibling wakes, on another pCPU", seen["late"] / MS, seen["steal"] / MS,
                 absolute(0.02 * WAITS), "ms")


@test(points=6, title="a record that is registered anew begins at 0, and nobody writes the old one",
      look="sbi/sta.c: register_record")
def again(trial):
    seen = look(trial, beside_hogs(trial, "600ms", "again"))
    registered(trial, seen, "first")
    registered(trial, seen, "second")
    for name, what in (("first", "in the first record"), ("refused", "in it, after calls that were refused"),
                       ("second", "in the second record")):
        trial.expect(f"steal {what}", seen[f"{name}_gaps"] / MS, seen[f"{name}_steal"] / MS, relative(2), "ms")
    # Between the call and the first look at what it wrote the VCPU may be taken away, but hardly ever is.
    trial.expect("steal in the second record when the call returns", 0, seen["second_begins"] / MS, absolute(0.01),
                 "ms")
    trial.expect("by how much the first record went on afterwards", 0, seen["first_went_on"])


@test(points=6, title="after a stop the guest's memory is its own", look="sbi/sta.c: sta_forget, set_shmem",
      needs=("spins",))
def stopped(trial):
    seen = look(trial, beside_hogs(trial, "400ms", "stopped"))
    registered(trial, seen)
    trial.expect("steal told in 100 ms before the stop", 50, seen["steal"] / MS, absolute(10), "ms")
    trial.expect("set_shmem of all ones returns", OK, seen["stop"])
    trial.expect("times that the call itself took back what the record said", 0, seen["taken_back"])
    trial.expect("bytes of the old record that were written in 200 ms after it", 0, seen["changed"])
    # A VCPU whose clock moves is told of that for ever; of a record it must not be.
    seen = look(trial, beside_hogs(trial, "800ms", "stopped", clock="virtual"))
    trial.expect("the same with clock = virtual", 0, seen["changed"])
    trial.expect("which stands still as before, half of the time", 50, 100 * 200 * MS / seen["machine"], absolute(3),
                 "%")


@test(points=14, title="sequence is odd while steal is being written", look="sbi/sta.c: write_steal")
def sequence(trial):
    """VCPU 1 gives way again and again, and VCPU 0 reads its record between any two of the hypervisor's
    instructions."""
    seen = look(trial, top(pcpus=2, time="200ms") + guest("sequence", args={"seed": trial.random.randrange(1, 10 ** 6)},
                                                          **TWO))
    registered(trial, seen)
    trial.expect("times that steal was seen to change", 100, seen["steals"], AT_LEAST)
    trial.expect("times that sequence was seen to change, from even to even", 100, seen["updates"], AT_LEAST)
    trial.expect("looks that found it odd", 20, seen["odd"], AT_LEAST)
    trial.expect("times that steal was another under the same even sequence", 0, seen["torn"])


@test(points=10, title="preempted is set while the VCPU waits for a pCPU, and only then",
      look="sbi/sta.c: sta_waits, sta_goes_on")
def preempted(trial):
    quantum = trial.random.choice((2, 3, 4))
    seen = look(trial, top(pcpus=2, time="500ms", quantum=f"{quantum}ms")
                + guest("preempted", args={"sleep": 12}, **TWO) + vm("hog", "hog", affinity="1"))
    registered(trial, seen)
    trial.expect("looks by VCPU 0 that found VCPU 1 preempted", 200, seen["preempted"], AT_LEAST)
    trial.expect("of these, how often it went on all the same", 0, seen["went_on"])
    trial.expect("looks that found it standing still and not preempted", 0, seen["unsaid"])
    trial.expect("looks at it while it slept", 20, seen["asleep"], AT_LEAST)
    trial.expect("of these, those that found it preempted", 0, seen["asleep_preempted"])
