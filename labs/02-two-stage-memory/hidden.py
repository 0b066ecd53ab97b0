# SPDX-License-Identifier: MIT
"""What only the teacher of lab 2 has."""
from lab02.tests import check_arrivals, check_in_force, check_needless, pages_vm
from stintlib import layout
from stintlib.course import AT_LEAST, test, top, vm
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
    check_arrivals(trial, seen, MOVED, "vvma", 5)
    check_needless(trial, seen, 100)
    check_in_force(trial, seen)
