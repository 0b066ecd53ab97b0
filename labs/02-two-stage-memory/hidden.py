# SPDX-License-Identifier: MIT
"""What only the teacher of lab 2 has."""
from lab02.tests import arrivals_of, check_arrivals, check_in_force, check_needless, pages_vm
from stintlib import layout
from stintlib.course import AT_LEAST, AT_MOST, test, top, vm
from stintlib.course.fences import FIRST, MOVED, SIBLING


@test(points=10, title="every life of a VM begins with the same memory, and the dead leave nothing behind",
      needs=("clear", "memory"), look="hyp/gstage.c: gstage_clear, tables and lent pages; hyp/vm_memory.c: touch")
def rebirth(trial):
    touched = trial.random.randrange(300, 600)
    text = top(pcpus=1, time="300ms", quantum="1ms")
    text += "at 60ms: reset again\nat 160ms: stop again\nat 180ms: stop over\n"
    text += vm("again", "memory", args=f"touch={touched} then=wait")
    text += vm("over", "memory", args=f"touch={touched} then=reboot")
    seen = trial.run(text + vm("end", "memory", args=f"touch={touched} then=stop"), check=False)
    lives = sum(event.a == 1 and event.arg == layout.VM_STATES.index("running") for _, event in seen.events("vm"))
    trial.expect("over: lives", 4, lives, AT_LEAST)
    for name in ("again", "over", "end"):
        # A life that meets what an earlier one left reports a failure.
        trial.expect(f"{name}: how it ended", "stopped", seen.vm(name)["state"])
    for vm_, name in zip(seen.snapshot.vms, ("again", "over", "end")):
        trial.expect(f"{name}: pages that it still holds", 0, vm_.pages)
    shared = seen.snapshot.shared
    trial.expect("pages that nobody has, when all have ended", shared.pages_total, shared.pages_free)


@test(points=10, title="fences where VCPUs move among pCPUs: each that is needed, and no others", needs=("arrival",),
      look="hyp/vcpu.c: fence_arrival")
def moving(trial):
    text = top(pcpus=3, time="200ms", quantum=f"{trial.random.choice((200, 250, 300))}us")
    text += vm("one", "hog", vcpus=4) + vm("two", "timeshare", vcpus=2, args="spin sleep:1ms")
    seen = trial.run(text + vm("three", "ipi", vcpus=4) + vm("four", "timeshare", args="sleep:700us") +
                     pages_vm(trial, "five"))
    check_arrivals(trial, seen, FIRST, "gvma", 5)
    check_arrivals(trial, seen, SIBLING, "vvma", 50)
    check_needless(trial, seen, 100)
    check_in_force(trial, seen)
    check_rover(trial)


def check_rover(trial):
    """One VCPU goes to and fro between two pCPUs, as the VM that is at home on each pauses and goes on, and finds there
    what it left behind."""
    text, period = top(pcpus=2, time="100ms", quantum="1ms"), trial.random.choice((4, 5, 6))
    for time, command in enumerate(("pause east", "resume east", "pause west", "resume west"), 1):
        text += f"at {time * period}ms every {4 * period}ms: {command}\n"
    seen = trial.run(text + vm("rover", "hog") + vm("east", "hog", affinity="0") + vm("west", "hog", affinity="1"))
    check_arrivals(trial, seen, MOVED, "vvma", 5)
    # Its area is handed over once, while it is on one of the two: on the other that is a reason.
    trial.expect("of them with a fence of the G-stage (gvma)", 1,
                 sum(arrival.made("gvma") for arrival in arrivals_of(seen) if arrival.need == MOVED), AT_MOST)
