# SPDX-License-Identifier: MIT
"""Lock-holder preemption: what VCPUs spin for a sibling that has the lock and no pCPU."""
from stintlib.clock import GuestClock
from stintlib.experiments import AT_LEAST, AT_MOST, Row, relative
from stintlib.layout import EVENTS
from stintlib.windows import Busy

NAME = "lock-holder-preemption"
LONG = True
ABOUT = "Four VCPUs that share a lock: what they spin when the one inside may lose its pCPU, and when it may not."
HOW = {"pinned": "alone, each on its pCPU", "gang": "beside others under gang",
       "balance": "beside others under credit, siblings apart", "credit": "beside others under credit"}


class Crowd:
    """What the VCPUs of the VM `crowd` did in a run."""

    def __init__(self, done):
        history = done.history
        self.ns = history.ns
        number = [vm["name"] for vm in history.vms].index("crowd")
        self.busy = [Busy(history.vcpus[vcpu], "running") for vcpu in history.vm_vcpus(number)]
        self.acquires = done.measured("crowd")["acquires"]
        self.run_ns = sum(vcpu["run_ns"] for vcpu in done.vm("crowd")["vcpus"])
        clock = GuestClock(history.deltas.get(number, []), history.vms[number]["htimedelta"])
        self.spun_ns = sum(self._spun(clock, ring) for ring in done.trace.of("guest") if ring.info["vm"] == number)

    def _spun(self, clock, ring):
        """The time that one VCPU ran between wanting the lock and having it."""
        busy = self.busy[ring.info["vcpu"]]
        waits = [(clock.to_host(event.time - event.b), clock.to_host(event.time)) for event in ring.events()
                 if event.type == EVENTS["lock"]]
        return sum(busy.between(begin, end) for begin, end in waits) * self.ns

    @property
    def wasted(self):
        """Percent of its run time that it spun."""
        return 100 * self.spun_ns / self.run_ns

    @property
    def spun_ms(self):
        """Spun an acquire."""
        return self.spun_ns / self.acquires / 1e6

    @property
    def rate(self):
        """Acquires a second of run time, of each VCPU."""
        return self.acquires / self.run_ns * 1e9


# What four that never lose a pCPU may be expected to wait, if they come at random (exact mean value analysis of one
# server of 8 ms and four customers that think for 32 ms), and how often they are served, a second of their time.
WAIT_MS, RATE = 6.4, 21.5
# Of the slices of four on one pCPU a fifth end inside the lock, and then the three others waste theirs.
WASTED = 100 * 3 * 0.2 / (1 + 3 * 0.2)


def run(lab):
    several = {"pinned": lab.run("lock-pinned"), "gang": lab.run("lock", {"sched": "gang"}),
               "balance": lab.run("lock", {"placement": "balance"}), "credit": lab.run("lock")}
    one = {sched: lab.run("lock-one", {"sched": sched}) for sched in ("rr", "credit")}
    rows = [row for name, done in several.items() for row in compared(name, Crowd(done), name in ("pinned", "gang"))]
    return rows + [Row(f"one pCPU {sched}", f"run time spent spinning, four VCPUs on one pCPU under {sched}", "%",
                       WASTED, Crowd(done).wasted, relative(15)) for sched, done in one.items()]


def compared(name, crowd, together):
    """together: nobody ever runs without all of the others."""
    return [Row(f"spun {name}", f"spun an acquire, {HOW[name]}", "ms", WAIT_MS, crowd.spun_ms,
                AT_MOST if together else AT_LEAST),
            Row(f"rate {name}", f"acquires a second of run time, {HOW[name]}", "/s", RATE, crowd.rate,
                AT_LEAST if together else AT_MOST)]
