# SPDX-License-Identifier: MIT
"""What the student of lab 8 can see of the grader's tests. Here the guest is the student's, and the hypervisor the
teacher's: what a guest says of itself is held against the books of the hypervisor, and against the work that its tasks
did, which is counted in instructions."""
from stintlib.course import AT_LEAST, AT_MOST, absolute, relative, test, top, vm
from stintlib.windows import Busy

MS, NS_OF_UNIT = 1e6, 16430    # a unit of work is 1000 instructions, and 27 that look at the clock, 16 ns each
POINT = absolute(1.5)          # percentage points: the guest's are whole numbers, and up to 10 ms old


def percent(part, whole):
    return 100 * part / whole


class Books:
    """What the hypervisor's trace says of a VCPU of the guest, which is the first VM: percent of the time from when it
    was started until the guest spoke last. Of an absence in which the run ends a guest cannot know."""

    def __init__(self, seen, number=0):
        history = seen.history
        lane, ns = history.vcpus[number], seen.guest("guest")["elapsed_ns"]
        begin = next(span.begin for span in lane.spans if span.what != "offline")
        self.steal_ms = Busy(lane, "runnable", "parked").between(begin, begin + ns // history.ns) * history.ns / MS
        self.steal = percent(self.steal_ms * MS, ns)
        self.run, self.blocked = (percent(Busy(lane, state).between(begin, begin + ns // history.ns) * history.ns, ns)
                                  for state in ("running", "blocked"))


def worked(guest):
    """For each task what its work takes on a CPU, in percent of the guest's time."""
    return [percent(task["work"] * NS_OF_UNIT, guest["elapsed_ns"]) for task in guest["tasks"]]


def crowd(trial, keys, hogs=1, **more):
    """The guest, with `keys`, and others that never wait."""
    return (top(pcpus=1, time="1800ms", **more) + vm("guest", "timeshare", **keys)
            + "".join(vm(f"hog{number}", "hog") for number in range(hogs)))


@test(points=12, title="a record is read whole, whenever its writer comes", look="include/stint/sta.h: sbi_sta_steal")
def read(trial):
    reads = 60000
    guest = trial.run(top(pcpus=1, time="300ms") + vm("guest", "lab08_read",
                      args=f"seed={trial.random.randrange(1, 10 ** 6)} reads={reads}")).guest("guest")
    trial.expect("reads that came to an end", reads, guest["reads"])
    trial.expect("updates begun and ended meanwhile", 1000, guest["updates"], AT_LEAST)
    trial.expect("reads that returned what lies there in the middle of an update", 0, guest["nonsense"])
    trial.expect("reads that returned less than was told before they began", 0, guest["stale"])


COLUMNS = {"ran": "the task ran", "stolen_of_task": "stolen of the task", "user": "user time", "system": "system time",
           "steal": "steal", "idle": "idle time", "stolen_user": "stolen of user time",
           "stolen_system": "stolen of system time", "stolen_idle": "stolen of idle time",
           "stolen_steal": "stolen of steal"}
SECOND = 1000000        # us
EXACT = absolute(10)    # us: the account is asked some hundred instructions after the time is over, at most


def ledger(trial):
    """(us of each step, the guest's report): see labs/08-double-scheduling/guests/lab08_ledger.c."""
    draw = trial.random
    times = {"spent": draw.randrange(900, 1500), "stolen": draw.randrange(200, 500), "more": draw.randrange(100, 300)}
    seen = trial.run(top(pcpus=1, time="7s") + vm(
        "guest", "lab08_ledger", args=" ".join(f"{name}={us}" for name, us in times.items())))
    return times.values(), seen.guest("guest")


def expect_step(trial, guest, step, what, **changes):
    """What a step changed, in us. All other columns must be as before."""
    for name, expected in changes.items():
        trial.expect(f"{what}: {COLUMNS[name]}", expected, guest[step][name] / 1000, EXACT, "us")
    others = max((guest[step][name] / 1000 for name in COLUMNS if name not in changes), key=abs)
    trial.expect(f"{what}: most of all other columns", 0, others, EXACT, "us")


@test(points=14, title="what is stolen of a stretch of time is charged as that, the rest to who had it",
      look="guest-os/kernel/account.c: charge, account_task",
      gdb=("tbreak vm_begin_all", "continue", "stint break guest step"))
def charge(trial):
    (spent, stolen, _), guest = ledger(trial)
    left = spent - stolen
    expect_step(trial, guest, "quiet", f"{spent} us of a task", ran=spent, user=spent)
    robbed = {"ran": left, "user": left, "stolen_of_task": stolen, "steal": stolen, "stolen_user": stolen}
    expect_step(trial, guest, "robbed", f"{spent} us of a task, {stolen} of them stolen", **robbed)
    expect_step(trial, guest, "again", "the same again", **robbed)
    expect_step(trial, guest, "kernel", f"{spent} us of the kernel, {stolen} of them stolen", system=left, steal=stolen,
                stolen_system=stolen)
    expect_step(trial, guest, "waits", f"{spent} us of waiting, {stolen} of them stolen", idle=left, steal=stolen,
                stolen_idle=stolen)
    expect_step(trial, guest, "sleeps", f"{spent} us of waiting", idle=spent)
    # More ns than 32 bits hold.
    expect_step(trial, guest, "long", f"6 s and {spent} us of a task, 5 s of them stolen", ran=SECOND + spent,
                user=SECOND + spent, stolen_of_task=5 * SECOND, steal=5 * SECOND, stolen_user=5 * SECOND)


@test(points=8, title="steal that comes to more than the time that passed is charged later",
      look="guest-os/kernel/account.c: charge", needs=("charge",))
def late(trial):
    (spent, stolen, more), guest = ledger(trial)
    expect_step(trial, guest, "late", f"{stolen} us of a task, {stolen + spent + more} told as stolen",
                stolen_of_task=stolen, steal=stolen, stolen_user=stolen)
    expect_step(trial, guest, "still", f"{spent} us more of it, nothing more told", stolen_of_task=spent, steal=spent,
                stolen_user=spent)
    expect_step(trial, guest, "rest", f"and {spent} us more, {more} are still owed", ran=spent - more,
                user=spent - more, stolen_of_task=more, steal=more, stolen_user=more)
    expect_step(trial, guest, "paid", f"and {spent} us more", ran=spent, user=spent)


@test(points=14, title="a task beside others' VMs: sar and top say what the hypervisor's books say",
      look="guest-os/kernel/account.c: charge, account_task, account_show_at_once")
def tops(trial):
    weight, hogs = trial.random.choice((128, 256, 512, 768)), trial.random.choice((1, 2))
    seen = trial.run(crowd(trial, {"args": "spin", "weight": weight}, hogs, sched="credit"))
    guest, books = seen.guest("guest"), Books(seen)
    (task,) = guest["tasks"]
    trial.expect("%user, beside run by the hypervisor's books", books.run, guest["user_pct"], POINT, "%")
    trial.expect("%steal, beside its steal", books.steal, guest["steal_pct"], POINT, "%")
    trial.expect("%idle", 0, guest["idle_pct"], POINT, "%")
    trial.expect("ms of steal in all", books.steal_ms, guest["stolen_ns"] / MS, relative(4), "ms")
    trial.expect("the task's %CPU, by its work", books.run, worked(guest)[0], POINT, "%")
    trial.expect("the same, by the top that knows of steal", books.run, task["top_aware_pct"], POINT, "%")
    trial.expect("the same, by the one that does not", 99, task["top_blind_pct"], POINT, "%")
    alone = trial.run(top(pcpus=1, time="1s") + vm("guest", "timeshare", args="spin sleep:7ms")).guest("guest")
    for number, task in enumerate(alone["tasks"]):
        trial.expect(f"task {number} of two, where nothing is stolen: %CPU by its work, and what the blind top says",
                     worked(alone)[number], task["top_blind_pct"], POINT, "%")


CUT = relative(5)    # of the 25 slices or more that each task has one may be cut off by the end of the run


def lesser(work):
    """What the task that got less did, in percent of the other's."""
    return percent(min(work), max(work))


def unequal(trial):
    """(ms of a hypervisor's slice h, ms of the guest's, what of two tasks the one gets in percent of the other). The
    guest's is 3 h - d. One that begins with the VCPU's turn ends d before the end of its second turn, and had 2 h - d.
    The next is due while the VCPU is away, ends when it is back, and had h + d. d is 0.4 ms or more: no number of
    instructions that a kernel spends decides."""
    host = trial.random.choice((4, 5, 6))
    less = host / 10
    return host, 3 * host - less, percent(host + less, 2 * host - less)


def args_of(slice_ms):
    return f"spin spin slice={slice_ms * 1000:.0f}us"


@test(points=12, title="two equal tasks do not get the same, and the top that knows of steal sees it",
      look="guest-os/kernel/account.c: account_task, account_show_at_once")
def unfair(trial):
    host, own, less = unequal(trial)
    guest = trial.run(crowd(trial, {"args": args_of(own)}, quantum=f"{host}ms")).guest("guest")
    work = worked(guest)
    trial.expect("work of the task that got less, of the other's, slices by the clock", less, lesser(work), CUT, "%")
    for number, task in enumerate(guest["tasks"]):
        trial.expect(f"task {number}: %CPU that its work took, and what the aware top says", work[number],
                     task["top_aware_pct"], POINT, "%")
        # Each slice lasts for the whole of it by the clock, give or take d.
        trial.expect(f"task {number}: %CPU, says the blind top", 50, task["top_blind_pct"], absolute(4), "%")


@test(points=16, title="slices of time that the CPU was there make equal tasks equal again",
      look="guest-os/kernel/sched.c: begin_slice, mend_slice", needs=("charge",))
def slices(trial):
    host, own, less = unequal(trial)
    seen = trial.run(crowd(trial, {"args": f"{args_of(own)} accounting=aware"}, quantum=f"{host}ms"))
    guest = seen.guest("guest")
    work = worked(guest)
    trial.expect("work of the task that got less, of the other's, accounting=aware", 100, lesser(work), CUT, "%")
    trial.expect("work of both, beside run by the hypervisor's books", Books(seen).run, sum(work), POINT, "%")
    # While the other has its slice of 3 h - d the VCPU is away three or four times.
    trial.expect("longest time in which a task stood still", 7.5 * host,
                 max(task["longest_gap_ns"] for task in guest["tasks"]) / MS, AT_MOST, "ms")
    guest = trial.run(crowd(trial, {"args": f"{args_of(own)} accounting=blind"}, quantum=f"{host}ms")).guest("guest")
    trial.expect("the same, accounting=blind, as before", less, lesser(worked(guest)), CUT, "%")
