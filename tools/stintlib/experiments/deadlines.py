# SPDX-License-Identifier: MIT
"""A real-time guest beside a hog: who lets it be in time?"""
from stintlib.experiments import AT_LEAST, EXACTLY, Row

NAME = "deadlines"
ABOUT = "A real-time guest beside a hog misses deadlines under rr and credit, and none under sedf with enough budget."


def run(lab):
    runs = {sched: lab.run("deadlines", {"sched": sched}) for sched in ("rr", "credit", "sedf")}
    released = 4000 // 20 + 4000 // 50    # jobs of both tasks in the run
    return [Row(f"missed {sched}", f"deadlines missed under {sched}, of about {released}", "",
                *((0, missed(done), EXACTLY) if sched == "sedf" else (1, missed(done), AT_LEAST)))
            for sched, done in runs.items()] + [
        Row("jobs sedf", "jobs done under sedf", "", released - 4, runs["sedf"].measured("control")["jobs"], AT_LEAST)]


def missed(done):
    return done.measured("control")["missed"]
