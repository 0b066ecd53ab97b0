# SPDX-License-Identifier: MIT
"""A cap is kept over a long time, and not in every second; a reservation by EDF is kept in every one."""
from stintlib.experiments import Row, relative
from stintlib.history import Lane
from stintlib.windows import Busy, Share

NAME = "cap-windows"
ABOUT = "The most that a capped VCPU gets in any window of 100 ms or of a second, under credit and under sedf."
PHASES = {30: (6, 12), 10: (12, 18), 1: (20, 29)}    # cap in percent: from and to, in seconds, in cap.conf
WINDOWS_MS = (100, 1000)
PERIOD_MS, CREDITS = 30, 300


def most_by_rule(cap, window_ms):
    """Percent of a window, by the rules: who is not parked runs through a whole period, for all its credits; he is
    parked when he owes more than a period brings, until he owes nothing."""
    lane, credit, parked = Lane("by the rules", 0), 0, False
    for period in range(400):
        lane.change(period * PERIOD_MS, "parked" if parked else "running")
        credit = max(credit - (0 if parked else CREDITS), -CREDITS) + cap * CREDITS // 100
        parked = credit < -cap * CREDITS // 100 or parked and credit < 0
    lane.finish(400 * PERIOD_MS)
    return 100 * Busy(lane, "running").extremes(window_ms, 0, 400 * PERIOD_MS)[1] / window_ms


def run(lab):
    credit, sedf = Share(lab.run("cap").history), Share(lab.run("reservation").history)
    rows = [row for cap, phase in PHASES.items()
            for row in by_window(f"credit {cap} %", f"cap {cap} under credit", credit, phase, cap,
                                 [most_by_rule(cap, window_ms) for window_ms in WINDOWS_MS])]
    return rows + by_window("sedf 10 %", "1 ms of every 10 ms under sedf", sedf, (0, 6), 10, [10, 10])


def by_window(name, what, share, phase, mean, fullest):
    rows = [Row(f"{name} mean", f"all the time, {what}", "%", mean, share.mean(*phase), relative(3))]
    return rows + [Row(f"{name} {window_ms} ms", f"the fullest {window_ms} ms, {what}", "%", expected,
                       share.most(window_ms / 1000, *phase), relative(3))
                   for window_ms, expected in zip(WINDOWS_MS, fullest)]
