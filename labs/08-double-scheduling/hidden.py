# SPDX-License-Identifier: MIT
"""What only the teacher has of the tests of lab 8."""
from lab08.tests import MS, POINT, Books, crowd, expect_step, ledger, percent
from stintlib.course import AT_LEAST, AT_MOST, absolute, test, top, vm
from stintlib.windows import Busy


@test(points=6, title="a guest that sleeps: idle is no steal, and a late start is", needs=("charge",),
      look="guest-os/kernel/account.c: charge")
def sleeper(trial):
    period = trial.random.randrange(5, 12)
    alone = trial.run(top(pcpus=1, time="500ms") + vm("guest", "timeshare", args=f"sleep:{period}ms")).guest("guest")
    trial.expect("%idle, alone", 99, alone["idle_pct"], POINT, "%")
    trial.expect("%steal, alone", 0, alone["steal_pct"], POINT, "%")
    seen = trial.run(crowd(trial, {"args": f"sleep:{period}ms"}, quantum="20ms"))
    guest, books = seen.guest("guest"), Books(seen)
    trial.expect("%idle beside a hog, and blocked by the hypervisor's books", books.blocked, guest["idle_pct"],
                 absolute(3), "%")
    trial.expect("%steal beside a hog, and steal by the hypervisor's books", books.steal, guest["steal_pct"],
                 absolute(3), "%")


@test(points=8, title="each CPU is charged what was stolen from it, and not from another", needs=("charge",),
      look="guest-os/kernel/account.c: account_cpu_init, charge")
def each(trial):
    (spent, _, more), guest = ledger(trial)
    expect_step(trial, guest, "other", f"{spent} us on CPU 1, {more} of them stolen, and 5 ms from CPU 0",
                ran=spent - more, user=spent - more, stolen_of_task=more, steal=more, stolen_user=more)
    seen = trial.run(top(pcpus=2, time="1s", sched="rr")
                     + vm("guest", "smp", vcpus=2, affinity="0;1", args="inside=1us outside=2ms")
                     + vm("hog", "hog", affinity="1"))
    for number, task in enumerate(seen.guest("guest")["tasks"]):
        trial.expect(f"CPU {number}: its task's %CPU by the aware top, and run by the hypervisor's books",
                     Books(seen, number=number).run, task["top_aware_pct"], absolute(3), "%")


def slices_of(seen):
    """ms of a pCPU that each slice of the guest's tasks had, by the hypervisor's trace, once all has begun."""
    history = seen.history
    busy, ms = Busy(history.vcpus[0], "running"), history.ns / MS
    settled = history.start + 200 / ms
    return [busy.between(span.begin, span.end) * ms for lane in history.tasks[0] for span in lane.spans
            if isinstance(span.what, tuple) and settled < span.begin and span.end < history.end]


@test(points=6, title="every slice has its full time on a pCPU, and no more", needs=("slices",),
      look="guest-os/kernel/sched.c: begin_slice, mend_slice")
def full(trial):
    """The hypervisor's slice is no whole multiple of the guest's, nor the other way round: one absence is longer than a
    slice, or several fall into one. Then a task for which nobody waits, for a while: its slice begins when somebody
    does."""
    expect_had(trial, 10, 25)
    expect_had(trial, *trial.random.choice(((24, 10), (14, 9))))
    # Until it is seen, until the slice of one quantum is over, and as long away as there: each a quantum at most.
    quantum = trial.random.choice((3, 4, 5))
    seen = trial.run(crowd(trial, {"args": f"spin sleep:50ms slice={quantum}ms accounting=aware"},
                           quantum=f"{quantum}ms"))
    trial.expect("how late a task that sleeps is woken at most", 4 * quantum,
                 seen.guest("guest")["tasks"][1]["longest_gap_ns"] / MS, AT_MOST, "ms")
    history = seen.history
    waits = [span.end - span.begin for span in history.tasks[0][1].spans if span.what == "ready"]
    # The other's slice begins when this one is ready; it was ready first of all before that ran.
    trial.expect("how long it waits at least, for a slice of the other's", quantum - 0.1,
                 min(waits[1:], default=0) * history.ns / MS, AT_LEAST, "ms")


def expect_had(trial, guest, host):
    """ms of a slice of the guest's, and of the hypervisor's."""
    args = f"spin spin slice={guest}ms accounting=aware"
    had = slices_of(trial.run(crowd(trial, {"args": args}, quantum=f"{host}ms")))
    trial.expect(f"slices of {guest} ms over {host} ms", 20, len(had), AT_LEAST)
    # One that ends while the VCPU is away is ended when it is back: it has had all, and some us.
    right = sum(abs(each - guest) < 0.3 for each in had)
    trial.expect(f"of these, those that had {guest} ms of a pCPU", 97, percent(right, len(had)), AT_LEAST, "%")


@test(points=4, title="what a cap takes is steal like any other", needs=("tops",),
      look="guest-os/kernel/account.c: charge")
def cap(trial):
    limit = trial.random.choice((20, 30, 40))
    seen = trial.run(top(pcpus=1, time="2s", sched="credit")
                     + vm("guest", "timeshare", args="spin spin slice=5ms", cap=limit))
    guest, books = seen.guest("guest"), Books(seen)
    trial.expect("%user, beside run by the hypervisor's books", books.run, guest["user_pct"], absolute(3), "%")
    trial.expect("%steal, with nobody else on the pCPU", 100 - limit, guest["steal_pct"], absolute(5), "%")
