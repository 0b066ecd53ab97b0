# SPDX-License-Identifier: MIT
"""Four VCPUs on one pCPU and a lock: what they spin for it, when it knows of the hypervisor and when it does not."""
from stintlib.experiments import AT_MOST, Row, relative
from stintlib.experiments.lock_holder import WASTED, Crowd

NAME = "pv-locks"
ABOUT = "A plain lock burns a third of the pCPU beside a preempted holder, a ticket lock all of it, a PV lock nothing."

INSIDE_US, ROUND_US, QUANTUM_US = 20, 100, 10000
# A ticket lock, once all four have queued: one round in every slice, and the rest of it is spun.
QUEUED = 100 * (QUANTUM_US - ROUND_US) / QUANTUM_US


def run(lab):
    crowds = {"plain": Crowd(lab.run("lock-one", {"sched": "rr"})), "ticket": Crowd(lab.run("lock-ticket")),
              "pv": Crowd(lab.run("lock-pv"))}
    spun = ROUND_US * WASTED / (100 - WASTED)
    return [Row("plain: wasted", "run time spent spinning, plain lock", "%", WASTED, crowds["plain"].wasted,
                relative(15)),
            Row("ticket: wasted", "run time spent spinning, ticket lock", "%", QUEUED, crowds["ticket"].wasted,
                relative(5)),
            Row("pv: wasted", "run time spent waiting, PV lock", "%", 0.5, crowds["pv"].wasted, AT_MOST),
            Row("plain: spun", "spun an acquire, plain lock", "us", spun, 1000 * crowds["plain"].spun_ms, relative(25)),
            Row("pv: spun", "spun an acquire, PV lock", "us", 0.5, 1000 * crowds["pv"].spun_ms, AT_MOST),
            Row("pv: rate", "acquires a ms of run time, PV lock", "/ms", 1000 / ROUND_US, crowds["pv"].rate / 1000,
                relative(3))]
