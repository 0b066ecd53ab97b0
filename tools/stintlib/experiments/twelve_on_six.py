# SPDX-License-Identifier: MIT
"""Three VMs of four VCPUs on six pCPUs."""
from stintlib.experiments import Row, relative

NAME = "twelve-on-six"
ABOUT = "Three VMs of four VCPUs each on six pCPUs: every guest believes in four CPUs and has two."


def run(lab):
    done = lab.run("twelve-on-six")
    return [Row(f"rr {guest['name']}", f"share of VM {guest['name']} under rr", "%", 100 / 3, done.share(guest["name"]),
                relative(3)) for guest in done.report["vms"]]
