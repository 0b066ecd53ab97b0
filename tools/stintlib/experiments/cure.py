# SPDX-License-Identifier: MIT
"""What takes steal away: pCPUs of one's own, or enough of them."""
from stintlib.experiments import Row, absolute, relative, top, vm
from stintlib.paths import find_scenario
from stintlib.schedulers import scheduler_names
from stintlib.waits import WAITING

NAME = "cure"
LONG = True
ABOUT = "VCPUs pinned to pCPUs of their own, or no more VCPUs than pCPUs: nothing is stolen."

SETTLED = 0.1    # seconds until all harts have begun
REST = absolute(1)    # percent: it waits for its hart at the start, and for the beat's way in and out
SHORT = {"beat": "100us"}
TURNS = absolute(0.2)   # ms: a turn of the other hart, 50 us with that beat, where a gap begins and where it ends
# Percent: of four pCPUs each ticks every 10 ms under credit, all at once, at the price of a turn of 0.25 ms each time.
# That is with a beat of 1 ms.
TICKING = absolute(2.5)


def run(lab):
    crowded, pinned = lab.run("cure-crowded"), lab.run("cure-pinned")
    fits = {sched: lab.run("cure-fits", {"sched": sched}) for sched in scheduler_names()}
    half = lab.run(find_scenario("cure-pinned").read_text("utf-8").replace("\naffinity = 1\n", "\n"))
    four = on_four(lab)
    rows = [Row("alone: steal", "from a guest alone on one pCPU", "%", 0, steal(lab.run("solo"), "alone"),
                absolute(0.001)),
            Row("crowded: steal", "from the guest, four VCPUs on two pCPUs", "%", 50, steal(crowded, "guest"),
                relative(3)),
            Row("crowded: gap", "the longest that a task of the guest sees", "ms", 40, gap(crowded), relative(3)),
            Row("pinned: waits", "of the guest for its own pCPU", "", 0, len(waited(pinned.history, 0))),
            Row("pinned: steal", "from the guest on a pCPU of its own", "%", 0, steal(pinned, "guest"), REST),
            Row("pinned: gap", "the longest that a task of the guest sees, with a beat of 100 us", "ms", 10,
                gap(lab.run("cure-pinned", SHORT)), TURNS),
            Row("pinned: crowd", "steal from the three that share the other pCPU", "%", 200 / 3,
                steal(pinned, "crowd"), relative(3)),
            Row("half: steal", "from the guest on pCPU 0 where the crowd may come, too", "%", 50,
                steal(half, "guest"), relative(3))]
    return rows + [row for sched, done in fits.items() for row in fitting(sched, done, 2)] + four


def fitting(sched, done, pcpus):
    place = f"fits {pcpus}" if pcpus > 2 else "fits"
    yield Row(f"{place}: waits {sched}", f"of all VCPUs on {pcpus} pCPUs under {sched}", "", 0,
              sum(len(waited(done.history, vcpu)) for vcpu in range(pcpus)))
    yield Row(f"{place}: steal {sched}", f"from the one with more of it under {sched}", "%", 0,
              max(steal(done, "guest"), steal(done, "crowd")), TICKING if (sched, pcpus) == ("credit", 4) else REST)


def scenario(guest, crowd, sched="rr"):
    """A guest and a crowd of so many VCPUs on four pCPUs. Four harts lose more in a beat than two: there are fewer."""
    return (top(pcpus=4, time="2s", sched=sched, beat="1ms" if sched == "credit" else "2ms")
            + vm("guest", "timeshare", vcpus=guest, args="spin " * guest) + vm("crowd", "hog", vcpus=crowd))


def on_four(lab):
    crowded = lab.run(scenario(2, 6))
    pinned = lab.run(scenario(2, 6).replace("[vm guest]", "[vm guest]\naffinity = 0-1")
                     .replace("[vm crowd]", "[vm crowd]\naffinity = 2-3"))
    fits = {sched: lab.run(scenario(2, 2, sched)) for sched in scheduler_names()}
    return [Row("crowded 4: steal", "from a guest of two VCPUs, eight on four pCPUs", "%", 50, steal(crowded, "guest"),
                relative(3)),
            Row("pinned 4: waits", "of its two VCPUs for two pCPUs of its own", "", 0,
                sum(len(waited(pinned.history, vcpu)) for vcpu in range(2))),
            Row("pinned 4: steal", "from the guest on two pCPUs of its own", "%", 0, steal(pinned, "guest"), REST),
            Row("pinned 4: crowd", "steal from the six that share the two others", "%", 200 / 3, steal(pinned, "crowd"),
                relative(3)),
            *(row for sched, done in fits.items() for row in fitting(sched, done, 4))]


def waited(history, vcpu):
    """Times at which a VCPU (its number among all) could run and did not, once everything had begun."""
    settled = history.start + SETTLED * 1e9 / history.ns
    return [span for span in history.vcpus[vcpu].spans if span.what in WAITING and span.end > settled]


def steal(done, name):
    """Percent of the time that the VM's VCPUs wanted to run, but for what exits of the beat take of it."""
    vcpus = done.vm(name)["vcpus"]
    stolen = sum(vcpu["steal_ns"] - vcpu["exits_ns"]["beat"] for vcpu in vcpus)
    ran = sum(vcpu["run_ns"] for vcpu in vcpus)
    return 100 * stolen / (stolen + ran)


def gap(done):
    return max(task["longest_gap_ns"] for task in done.measured("guest")["tasks"]) / 1e6
