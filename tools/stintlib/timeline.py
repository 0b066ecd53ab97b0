# SPDX-License-Identifier: MIT
"""Shows who ran when: pCPUs, VCPUs and the guests' tasks, as a map and as lines in the order of time."""
import os
import shutil

from stintlib import layout
from stintlib.errors import OK, CannotRun
from stintlib.history import History
from stintlib.picture import draw, while_running
from stintlib.scenario import parse_time
from stintlib.trace import read_trace

NARROWEST = 10
WIDEST = 100_000
LEFT = 30    # columns of a terminal that names take


def main(options):
    trace = read_trace(options.trace)
    history = History(trace)
    begin, end = window(history, options)
    wanted = chosen(history, options.vm)
    if not options.lines:
        print("\n".join(draw(history, begin, end, map_width(options.width), wanted)))
    if not options.map:
        print("" if options.lines else "\n", end="")
        for line in tell(history, begin, end, wanted, options.exits):
            print(line)
    for ring in trace.rings:
        if ring.info["lost"]:
            print(f"The first {ring.info['lost']} events of {whose(history, ring.info)} were lost: its ring wrapped.")
    return OK


def whose(history, info):
    if info["of"] == "pcpu":
        return f"pCPU {info['pcpu']}"
    return f"{history.vms[info['vm']]['name']}/{info['vcpu']}"


def window(history, options):
    """The part of the run that was asked for, in ticks."""
    def ticks(text, name):
        ns = parse_time(text)
        if ns is None:
            raise CannotRun(f"--{name} {text}: a time is a number with ns, us, ms or s, as in 500ms")
        return min(history.start + ns // history.ns, history.end)

    begin = ticks(options.begin, "from")
    end = ticks(options.end, "to") if options.end else history.end
    if begin >= end:
        raise CannotRun(f"nothing lies between --from and --to: the run took "
                        f"{(history.end - history.start) * history.ns / 1e6:.4g} ms")
    return begin, end


def chosen(history, name):
    names = [vm["name"] for vm in history.vms]
    if name is not None and name not in names:
        raise CannotRun(f"there is no VM '{name}' in this trace, but {', '.join(names) or 'none'}")
    return lambda number: name is None or names[number] == name


def map_width(width):
    if width is None:
        return max(shutil.get_terminal_size().columns - LEFT, NARROWEST)
    if not NARROWEST <= width <= WIDEST:
        raise CannotRun(f"--width {width}: from {NARROWEST} to {WIDEST} columns")
    return width


def tell(history, begin, end, wanted, exits):
    """A line for each span that touches the window, for each of the operator's orders in it, and for each exit if
    wanted."""
    facts = sorted(fact for fact in all_facts(history, wanted, exits)
                   if fact[0] < end and max(fact[1], fact[0] + 1) > begin)
    yield f"{'since ms':>14}  {'for ms':>12}  what"
    for since, until, _, what in facts:
        yield f"{ms(history, since - history.start)}  {ms(history, until - since, 12)}  {what}"


def ms(history, ticks, width=14):
    return f"{ticks * history.ns / 1e6:{width}.4f}"


def all_facts(history, wanted, exits):
    """(begin, end, order among equals, what)"""
    for time, what in history.orders:
        yield time, time, -1, f"operator: {what}"
    owner = {vcpu: number for number in range(len(history.vms)) for vcpu in history.vm_vcpus(number)}
    for pcpu in history.pcpus:
        for span in pcpu.spans:
            if span.what is not None and wanted(owner[span.what]):
                yield span.begin, span.end, 0, f"{pcpu.name}: {history.vcpus[span.what].name} runs"
    for number in filter(wanted, range(len(history.vms))):
        yield from vcpu_facts(history, number)
        yield from task_facts(history, number)
    if exits:
        yield from exit_facts(history, owner, wanted)


def vcpu_facts(history, number):
    for vcpu in history.vm_vcpus(number):
        for span in history.vcpus[vcpu].spans:
            if span.what != "running":
                yield span.begin, span.end, 1, f"{history.vcpus[vcpu].name} is {span.what}"


def task_facts(history, number):
    name = history.vms[number]["name"]
    for lane in history.tasks[number]:
        for span in lane.spans:
            if isinstance(span.what, tuple):
                had = sum(end - begin for begin, end, had in while_running(history, number, span) if had)
                less = "" if had == span.end - span.begin else f", with a pCPU for {ms(history, had, 0)} ms of it"
                yield span.begin, span.end, 2, f"{name}/{span.what[1]}: {lane.name} runs{less}"


def exit_facts(history, owner, wanted):
    for pcpu, event in history.exits:
        if event.vcpu in owner and wanted(owner[event.vcpu]):
            cause = layout.name_of(layout.EXITS, event.arg)
            yield (event.time, event.time + max(event.b, 1), 3,
                   f"pCPU {pcpu}: {history.vcpus[event.vcpu].name} exits at {event.a:#x}: {cause}")
