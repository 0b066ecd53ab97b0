# SPDX-License-Identifier: MIT
"""How late a sleeper is woken beside hogs, with credit's BOOST and without."""
from stintlib.experiments import AT_LEAST, AT_MOST, Row

NAME = "boost"
ABOUT = "Wake-up latency of an I/O guest beside eight hogs: within the rate limit with BOOST, somebody's slice without."
NUMBERS = {"late_p50_ns": "half of all wake-ups were no later", "late_p99_ns": "99 of 100 were no later",
           "late_max_ns": "the latest"}
EXPECTED = {"on": (1.05, AT_MOST), "off": (30.0, AT_LEAST)}    # ms: rate limit and the switch; a time slice


def run(lab):
    runs = {boost: lab.run("boost", {"boost": boost}) for boost in EXPECTED}
    return [row for boost, done in runs.items() for row in rows(boost, done.measured("io"))]


def rows(boost, measured):
    expected, tolerance = EXPECTED[boost]
    for name, which in NUMBERS.items():
        yield Row(f"{name[5:-3]} boost={boost}", f"{which}, boost={boost}", "ms", expected,
                  measured[name] / 1e6, tolerance)
