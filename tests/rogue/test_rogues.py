# SPDX-License-Identifier: MIT
"""Every rogue, one after the other, beside a well-behaved neighbour on the same pCPU: each ends as it
should, and the neighbour notices nothing of it."""
import re
from dataclasses import dataclass

import pytest

from harness import layout, run_scenario, top, vm
from rogues import ALL

BATCH = 50              # rogues a run
FIRST_MS = 50           # the neighbour is alone at first
TEARDOWN_MS = 5         # between the end of one rogue and the start of the next
MS = 1_000_000


@dataclass(frozen=True)
class Visit:
    """A rogue and its time on the machine, ms."""
    rogue: object
    begin: int
    end: int


def plan(rogues):
    visits, begin = [], FIRST_MS
    for rogue in rogues:
        visits.append(Visit(rogue, begin, begin + rogue.ms))
        begin += rogue.ms + TEARDOWN_MS
    return visits


def scenario(visits):
    text = top(pcpus=1, sched="rr", quantum="500us", time=f"{visits[-1].end + FIRST_MS}ms")
    text += "".join(f"at {visit.end}ms: stop {visit.rogue.name}\n" for visit in visits)
    text += vm("neighbour", "neighbour")
    for visit in visits:
        rogue = visit.rogue
        text += vm(rogue.name, "rogue", vcpus=rogue.vcpus, memory=rogue.memory, start=f"{visit.begin}ms",
                   args=f"case={rogue.case} {rogue.args}")
    return text


BATCHES = [plan(ALL[first:first + BATCH]) for first in range(0, len(ALL), BATCH)]
WHERE = [(number, visit) for number, batch in enumerate(BATCHES) for visit in batch]


@pytest.fixture(scope="module")
def batch(tmp_path_factory):
    """batch(number): the run of that batch."""
    done = {}

    def get(number):
        if number not in done:
            done[number] = run_scenario(tmp_path_factory.mktemp("rogues"), scenario(BATCHES[number]),
                                        "--set", "trace=1048576", expect=1)
        return done[number]

    return get


@pytest.mark.parametrize("number, visit", WHERE, ids=[visit.rogue.name for _, visit in WHERE])
def test_rogue(batch, number, visit):
    run, rogue = batch(number), visit.rogue
    was = run.vm(rogue.name)
    assert (was["state"], was["why"]) != ("running", ""), "it was never stopped"
    if rogue.state:
        assert was["state"] == rogue.state and rogue.why in was["why"]
    assert was["why"], "its end is not explained"
    if rogue.survives:
        assert was["report"].get("wrong", {}) == {}
        assert was["report"].get("survived") == 1
    assert share_of_neighbour(run, visit) >= 1 / (1 + rogue.vcpus) - 0.01


def share_of_neighbour(run, visit):
    """Of the pCPU's time that went to either of them, while the rogue was there. Its fair part is one of as
    many parts as there are VCPUs; a hundredth of that time less is allowed."""
    neighbour, rogue = 0, 0
    begin, end = visit.begin * MS, visit.end * MS
    rogues = vcpu_indices(run, visit.rogue.name)
    for span in run.spans(0):
        time = max(0, min(span.end, end) - max(span.begin, begin))
        if span.vcpu in rogues:
            rogue += time
        else:
            neighbour += time
    assert neighbour
    return neighbour / (neighbour + rogue)


def vcpu_indices(run, name):
    described = next(vm for vm in run.trace.header["vms"] if vm["name"] == name)
    return range(described["first_vcpu"], described["first_vcpu"] + described["vcpus"])


@pytest.mark.parametrize("number", range(len(BATCHES)))
class TestNeighbour:
    def test_is_well(self, batch, number):
        was = batch(number).vm("neighbour")
        assert was["state"] == "running"
        assert was["report"]["damaged"] == 0
        assert was["report"]["rounds"] > 10

    def test_run_reaches_its_end(self, batch, number):
        run = batch(number)
        assert run.snapshot.end == "time"
        assert run.report["elapsed_ns"] >= (BATCHES[number][-1].end + FIRST_MS) * MS

    def test_its_name_is_not_forged(self, batch, number):
        """Guests write lines with their own name before them, and nothing else reaches the terminal."""
        text = batch(number).console
        assert b"\x1b" not in text
        assert not re.search(rb"(?m)^\[neighbour\]|\r\[neighbour\]", text)

    def test_memory_comes_back(self, batch, number):
        """All pages that a rogue had are free again when it has ended."""
        run = batch(number)
        names = [described["name"] for described in run.trace.header["vms"]]
        held = {name: run.snapshot.vms[index].pages for index, name in enumerate(names) if name != "neighbour"}
        assert {name: pages for name, pages in held.items() if pages} == {}
        over = {layout.VM_STATES.index(state) for state in ("stopped", "crashed")}
        free = [event.b for event in run.events(0, "vm") if event.arg in over]
        assert free and set(free) == {free[0]}, "free pages after each end"


def test_instructions_are_read_where_hardware_does_not_tell_them(tmp_path):
    """Without htinst the hypervisor fetches them from the guest's memory, and takes a fault if it cannot."""
    cases = ("all_widths", "odd_registers", "execute_only", "across_pages", "code_gone")
    run = run_scenario(tmp_path, top(pcpus=1, time="2s") + "".join(
        vm(case, "rogue", args=f"case=uart_{case}", memory="4M") for case in cases), "--set", "htinst=ignore")
    assert [run.vm(case)["why"] for case in cases] == ["the guest shut down"] * len(cases)
    assert [run.measured(case).get("wrong", {}) for case in cases] == [{}] * len(cases)


def test_there_are_enough():
    assert len({visit.rogue.case for _, visit in WHERE}) >= 45
