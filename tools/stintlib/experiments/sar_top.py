# SPDX-License-Identifier: MIT
"""The hypervisor's books beside a guest's own: `sar`, and `top` with and without steal, as reported and as printed."""
from stintlib.errors import CannotRun
from stintlib.experiments import Row, absolute, top, vm

NAME = "sar-top"
ABOUT = "A guest with one busy task, alone and beside a spinner: the hypervisor's view, the guest's sar, and two tops."
SPINNER = vm("spinner", "hog")
GUEST = (top(pcpus=1, time="3100ms", quantum="10ms") +
         vm("guest", "timeshare", args="slice=1ms spin sar:1s top:1s top-aware:1s"))
PLACES = {"alone": (GUEST, 100), "beside a spinner": (GUEST + SPINNER, 50)}    # scenario, percent that is left


def run(lab):
    runs = {place: lab.run(text) for place, (text, _) in PLACES.items()}
    return [row for place, done in runs.items() for row in rows(place, done, PLACES[place][1])]


def rows(place, done, left):
    (vcpu,), measured = done.vm("guest")["vcpus"], done.measured("guest")
    task, printed = measured["tasks"][0], Printed(done.said("guest"))
    elapsed = done.report["elapsed_ns"]
    views = [("hypervisor run", "run, the hypervisor says", left, 100 * vcpu["run_ns"] / elapsed),
             ("sar user", "%user, the guest's report says", left, measured["user_pct"]),
             ("printed user", "%user, the last line of sar says", left, printed.sar("%user")),
             ("hypervisor steal", "steal, the hypervisor says", 100 - left, 100 * vcpu["steal_ns"] / elapsed),
             ("sar steal", "%steal, the guest's report says", 100 - left, measured["steal_pct"]),
             ("printed steal", "%steal, the last line of sar says", 100 - left, printed.sar("%steal")),
             ("sar idle", "%idle, the guest's report says", 0, measured["idle_pct"]),
             ("printed idle", "%idle, the last line of sar says", 0, printed.sar("%idle")),
             ("top aware", "the task's %CPU with what is known of steal, the report says", left,
              task["top_aware_pct"]),
             ("printed aware", "the task's %CPU, a top says that is aware of steal", left, printed.top("aware"))]
    for name, what, expected, value in views:
        yield Row(f"{place}: {name}", f"{what}, {place}", "%", expected, value, absolute(1))
    for name, what, value in [
            ("top blind", "the task's %CPU without that, the report says", task["top_blind_pct"]),
            ("printed blind", "the task's %CPU, a top says that is blind to steal", printed.top("blind"))]:
        yield Row(f"{place}: {name}", f"{what}, {place}", "%", 90, value, absolute(10))


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
