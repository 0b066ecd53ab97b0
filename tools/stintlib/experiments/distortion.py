# SPDX-License-Identifier: MIT
"""A timer of 100 ms, of which 50 ms run before the guest is away for 1 s, by the three clocks."""
from stintlib.experiments import Row, relative

NAME = "distortion"
ABOUT = "A guest asks for 100 ms, runs for 50 and is away for a second: when its timer comes, and what it believes."
EXPECTED = {"real": (1050, 1050), "virtual": (1100, 100), "catchup": (1075, 100)}    # ms: by the host, by the guest


def run(lab):
    done = lab.run("distortion")
    return [row for clock in EXPECTED for row in rows(clock, done.measured(clock))]


def rows(clock, measured):
    host, guest = EXPECTED[clock]
    yield Row(f"{clock}: host", f"what has passed when the timer comes, clock={clock}", "ms", host,
              measured["timer_host_ns"] / 1e6, relative(1))
    yield Row(f"{clock}: guest", f"what the guest believes has passed, clock={clock}", "ms", guest,
              measured["timer_guest_ns"] / 1e6, relative(1))
