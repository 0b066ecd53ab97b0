# SPDX-License-Identifier: MIT
"""The hypervisor's books beside a guest's own: `sar`, and `top` with and without steal."""
from stintlib.experiments import Row, absolute, top, vm

NAME = "sar-top"
ABOUT = "A guest with one busy task, alone and beside a spinner: the hypervisor's view, the guest's sar, and two tops."
SPINNER = vm("spinner", "hog")
GUEST = top(pcpus=1, time="3s") + vm("guest", "timeshare", args="spin")
PLACES = {"alone": (GUEST, 100), "beside a spinner": (GUEST + SPINNER, 50)}    # scenario, percent that is left


def run(lab):
    runs = {place: lab.run(text) for place, (text, _) in PLACES.items()}
    return [row for place, done in runs.items() for row in rows(place, done, PLACES[place][1])]


def rows(place, done, left):
    (vcpu,), measured = done.vm("guest")["vcpus"], done.measured("guest")
    task, = measured["tasks"]
    elapsed = done.report["elapsed_ns"]
    views = [("hypervisor run", "run, the hypervisor says", left, 100 * vcpu["run_ns"] / elapsed),
             ("sar user", "%user, the guest's sar says", left, measured["user_pct"]),
             ("hypervisor steal", "steal, the hypervisor says", 100 - left, 100 * vcpu["steal_ns"] / elapsed),
             ("sar steal", "%steal, the guest's sar says", 100 - left, measured["steal_pct"]),
             ("sar idle", "%idle, the guest's sar says", 0, measured["idle_pct"]),
             ("top aware", "the task's %CPU, a top says that knows of steal", left, task["top_aware_pct"])]
    for name, what, expected, value in views:
        yield Row(f"{place}: {name}", f"{what}, {place}", "%", expected, value, absolute(1))
    yield Row(f"{place}: top blind", f"the task's %CPU, a top says that does not, {place}", "%", 90,
              task["top_blind_pct"], absolute(10))
