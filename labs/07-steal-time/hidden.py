# SPDX-License-Identifier: MIT
"""What only the teacher has of the tests of lab 7."""
from lab07.tests import (MS, OK, SWITCH, TWO, WAITS, beside_hogs, expect_sane, expect_spinner, guest, look,
                         registered)
from stintlib.course import AT_LEAST, AT_MOST, absolute, relative, test, top, vm


@test(points=5, title="a VCPU that is out of its cap is stolen from, too; one that is paused is not",
      look="sbi/sta.c: stolen, register_record, write_steal", needs=("spins",))
def parked(trial):
    cap = trial.random.choice((10, 15, 20, 25))
    # So long that the ns of its steal do not fit into 32 bits.
    args = {"before": 300, "ms": 6000}
    seen = look(trial, top(pcpus=1, time="7s", sched="credit") + guest("spin", args=args, cap=cap))
    # One that is capped runs in turns of up to 30 ms: the span may end in the middle of its period.
    expect_spinner(trial, seen, 100 - cap, absolute(3))
    seen = look(trial, top(pcpus=1, time="400ms") + "at 100ms: pause a\nat 250ms: resume a\n" +
                guest("spin", args={"ms": 300}))
    trial.expect("time for which it was paused", 150, seen["longest"] / MS, absolute(1), "ms")
    trial.expect("steal that the record told, of one that was paused", 0, seen["steal"] / MS, absolute(1), "ms")


@test(points=3, title="what the hypervisor takes for itself is steal, too", look="sbi/sta.c: stolen")
def beat(trial):
    """Nobody else is on its pCPU: all that is taken is the beat that keeps the harts together, some us each."""
    seen = look(trial, top(pcpus=2, time="400ms", beat="250us") + guest("spin", args={"ms": 200}, affinity="0")
                + vm("hog", "hog", affinity="1"))
    registered(trial, seen)
    trial.expect("steal that the record told, of the time", 0.3, 100 * seen["steal"] / seen["elapsed"], AT_LEAST, "%")
    expect_sane(trial, seen)


@test(points=4, title="what a frozen clock never showed is no steal", look="sbi/sta.c: stolen", needs=("spins",))
def frozen(trial):
    # Of the absences of a guest alone on its clock only the switches are seen, some 20 us each.
    seen = look(trial, beside_hogs(trial, "500ms", "spin", args={"ms": 200}, clock="virtual"))
    registered(trial, seen)
    trial.expect("steal that the record told, of the time, with clock = virtual", 0,
                 100 * seen["steal"] / seen["elapsed"], absolute(2), "%")
    expect_sane(trial, seen)
    seen = look(trial, beside_hogs(trial, "600ms", "sleep", quantum=(15, 18, 20), clock="virtual",
                                   args={"waits": WAITS, "sleep": 5000}))
    trial.expect("the same of one that sleeps, of the time it slept", 0, 100 * seen["steal"] / seen["slept"],
                 absolute(2), "%")


@test(points=4, title="a VCPU that was stopped and started again has no record", look="sbi/sta.c: sta_forget",
      needs=("spins",))
def restart(trial):
    seen = look(trial, top(pcpus=2, time="400ms", quantum=f"{trial.random.choice((2, 3, 4))}ms")
                + guest("restart", **TWO) + vm("hog", "hog", affinity="1"))
    registered(trial, seen)
    trial.expect("it was started again", OK, seen["restart"])
    trial.expect("its second life came to its end", 1, seen["second_life"])
    trial.expect("bytes of the record of its first life written in its second", 0, seen["changed"])


@test(points=4, title="neither nonsense in the record nor a move of its page confuses the hypervisor",
      look="sbi/sta.c: write_steal, register_record, sta_follow", needs=("spins",))
def hostile(trial):
    seen = look(trial, beside_hogs(trial, "300ms", "scribbled"))
    registered(trial, seen)
    trial.expect("sequence is odd after the guest wrote nonsense there", 0, seen["odd"])
    # It counts the hypervisor's own writes, two for each time that it told of some ms.
    trial.expect("sequence, which goes on from the hypervisor's own number, is by then", 1000, seen["sequence"],
                 AT_MOST)
    trial.expect("steal since it was registered", seen["gaps"] / MS, seen["steal"] / MS, absolute(9 * SWITCH), "ms")
    seen = look(trial, beside_hogs(trial, "400ms", "moved"))
    trial.expect("steal in a record whose page has moved", seen["gaps"] / MS, seen["steal"] / MS, relative(2), "ms")
