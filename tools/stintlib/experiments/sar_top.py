# SPDX-License-Identifier: MIT
"""The hypervisor's books beside a guest's own: `sar`, and `top` with and without steal, as reported and as printed."""
from stintlib.errors import CannotRun
from stintlib.experiments import Row, absolute, top, vm

NAME = "sar-top"
ABOUT = "A guest with a busy task a CPU, alone and beside a spinner: the hypervisor's view, the guest's sar, two tops."
PRINTERS = " sar:1s top:1s top-aware:1s"    # side by side on several CPUs they print in between each other's lines
BEAT = "10ms"    # the default of 1 ms takes up to 1.5 % of a hart, which here would be all that there is to see


def guest(cpus, **keys):
    return (top(pcpus=cpus, quantum="10ms", **{"time": "3100ms", **keys})
            + vm("guest", "timeshare", vcpus=cpus, args="slice=1ms" + " spin" * cpus + PRINTERS * (cpus == 1)))


def spinner(cpus):
    return vm("spinner", "hog", vcpus=cpus)


PLACES = {    # scenario, percent that is left
    "alone": (guest(1), 100), "beside a spinner": (guest(1) + spinner(1), 50),
    "alone on 4": (guest(4, beat=BEAT, time="5100ms"), 100), "beside a spinner on 4": (guest(4) + spinner(4), 50),
}


def run(lab):
    runs = {place: lab.run(text) for place, (text, _) in PLACES.items()}
    return [row for place, done in runs.items() for row in rows(place, done, PLACES[place][1])]


def rows(place, done, left):
    for name, what, expected, value, tolerance in reported(done, left) + printed(done, left):
        yield Row(f"{place}: {name}", f"{what}, {place}", "%", expected, value, absolute(tolerance))


def reported(done, left):
    """By the hypervisor, and by the guest since it began; each with what is expected and how far it may be off."""
    vcpus, measured = done.vm("guest")["vcpus"], done.measured("guest")
    spinning, whole = measured["tasks"][:len(vcpus)], done.report["elapsed_ns"] * len(vcpus)
    return [("hypervisor run", "run, the hypervisor says", left, 100 * total(vcpus, "run_ns") / whole, 1),
            ("sar user", "%user, the guest's report says", left, measured["user_pct"], 1),
            ("hypervisor steal", "steal, the hypervisor says", 100 - left, 100 * total(vcpus, "steal_ns") / whole, 1),
            ("sar steal", "%steal, the guest's report says", 100 - left, measured["steal_pct"], 1),
            ("sar idle", "%idle, the guest's report says", 0, measured["idle_pct"], 1),
            ("top aware", "a task's %CPU with what is known of steal, the report says", left,
             farthest(left, spinning, "top_aware_pct"), 1),
            ("top blind", "a task's %CPU without that, the report says", 90,
             farthest(90, spinning, "top_blind_pct"), 10)]


def printed(done, left):
    """The last of each that the guest wrote on its console."""
    if len(done.vm("guest")["vcpus"]) > 1:
        return []
    last = Printed(done.said("guest"))
    return [("printed user", "%user, the last line of sar says", left, last.sar("%user"), 1),
            ("printed steal", "%steal, the last line of sar says", 100 - left, last.sar("%steal"), 1),
            ("printed idle", "%idle, the last line of sar says", 0, last.sar("%idle"), 1),
            ("printed aware", "the task's %CPU, a top says that is aware of steal", left, last.top("aware"), 1),
            ("printed blind", "the task's %CPU, a top says that is blind to steal", 90, last.top("blind"), 10)]


def total(vcpus, name):
    return sum(vcpu[name] for vcpu in vcpus)


def farthest(expected, tasks, name):
    """Of the tasks the one that is the farthest from what is expected."""
    return max((task[name] for task in tasks), key=lambda value: abs(value - expected))


class Printed:
    """What the guest's programs wrote on its console, the last of each."""

    def __init__(self, lines):
        self.lines = [line.split() for line in lines]

    def table(self, *words):
        """The lines from the last one on in which all of these words are."""
        found = [number for number, line in enumerate(self.lines) if set(words) <= set(line)]
        if not found:
            raise CannotRun(f"the guest's console has no line with {' '.join(words)}")
        return self.lines[found[-1]:]

    def sar(self, column):
        header, line = self.table("time", column)[0], self.table("all")[0]
        return float(line[header.index(column)])

    def top(self, form):
        """The busiest task's: below the header, the first one."""
        table = self.table("top", form)
        header = next(number for number, line in enumerate(table) if "%CPU" in line)
        return float(table[header + 1][table[header].index("%CPU")])
