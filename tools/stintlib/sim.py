# SPDX-License-Identifier: MIT
"""Runs a scenario in the simulator: the hypervisor's schedulers with VCPUs that only behave as the guests would. It is
fast, has as many pCPUs as one likes, and gives the same report and trace as a run on QEMU; docs/simulator.md says what
it leaves out."""
import subprocess
import sys

from stintlib.area import areas_of
from stintlib.errors import CannotRun
from stintlib.job import ENDLESS_BOUND, load_job
from stintlib.paths import need_simulator, shown
from stintlib.ram import Ram
from stintlib.run import present
from stintlib.scenario import parse_time
from stintlib.scratch import scratch_directory
from stintlib.session import Outcome
from stintlib.shared import take_snapshot
from stintlib.trace import collect

REFUSED = 2
MOST_COST = 10 ** 9


def main(options):
    job = load_job(options)
    words = command_line(job)
    with scratch_directory(job.name, options.scratch) as folder:
        simulate(words, folder, options.watchdog or ENDLESS_BOUND)
        return present(job, read(folder / "ram", job.name))


def command_line(job):
    """What the simulator is started with, but for the file that it writes."""
    cost = parse_time(job.options.switch_cost)
    if cost is None or cost > MOST_COST:
        raise CannotRun(f"--switch-cost {job.options.switch_cost}: a time up to 1s, as in 2us")
    return [str(need_simulator()), str(job.path.absolute()), "ram", "--switch-cost", str(cost), *job.bootargs().split()]


def simulate(words, folder, bound):
    """Leaves the region in `folder`/ram."""
    try:
        done = subprocess.run(words, cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=bound,
                              check=False, text=True, errors="replace")
    except subprocess.TimeoutExpired as error:
        raise CannotRun(f"the simulation still went on after {bound:.0f} s of wall-clock time, and was ended: does the "
                        "scenario say how long it lasts ('time')? If it only needs more, give --watchdog SECONDS"
                        ) from error
    if done.returncode == REFUSED:
        raise CannotRun(done.stderr.strip())
    if done.returncode:
        raise CannotRun(f"{shown(words[0])} failed (exit code {done.returncode}): {done.stderr.strip()}")
    sys.stderr.write(done.stderr)


def read(path, name):
    ram = Ram(path)
    try:
        snapshot = take_snapshot(ram)
        if snapshot is None:
            raise CannotRun("the simulator ended without a report")
        areas = areas_of(ram, snapshot)
        return Outcome(snapshot, areas, collect(ram, snapshot, areas, name), 0, False)
    finally:
        ram.close()
