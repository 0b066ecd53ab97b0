# SPDX-License-Identifier: MIT
"""The timeline as a map: a row for each pCPU, VCPU and task, a column for each slice of time. What stands in a
place is what filled most of that slice."""
from bisect import bisect_right

from stintlib.history import UNKNOWN

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
VCPU_SIGNS = {"running": "#", "runnable": "-", "parked": "=", "blocked": ".", "offline": " ", UNKNOWN: "?"}
TASK_SIGNS = {"ready": "+", "sleep": ".", None: " "}
LEGEND = [
    "pCPUs: a letter: that VCPU runs   .: nobody",
    "VCPUs: #: runs   -: could run, has no pCPU (stolen)   =: out of its cap (stolen)   .: blocked   blank: offline",
    "tasks: #: runs   -: its guest thinks it runs, but the VCPU has no pCPU   +: ready   .: sleeps   blank: none",
]


def letter(vcpu):
    return LETTERS[vcpu] if vcpu < len(LETTERS) else "*"


def vcpu_sign(state):
    return VCPU_SIGNS.get(state, "?")


def paint(pieces, begin, end, width, empty="."):
    """pieces: (begin, end, sign). A row of `width` signs."""
    shares = [{} for _ in range(width)]
    length = end - begin
    for since, until, sign in pieces:
        since, until = max(since, begin) - begin, min(until, end) - begin
        if until <= since:
            continue
        for column in range(since * width // length, (until * width - 1) // length + 1):
            # Times a column's width, so that everything stays whole.
            share = min(until * width, (column + 1) * length) - max(since * width, column * length)
            shares[column][sign] = shares[column].get(sign, 0) + share
    return "".join(max(share, key=share.get) if share else empty for share in shares)


def while_running(history, vm, span):
    """A span in which a task is its VCPU's, divided by whether the VCPU had a pCPU: (begin, end, had one)."""
    vcpus = history.vm_vcpus(vm)
    if span.what[1] >= len(vcpus):
        return
    states = history.vcpus[vcpus[span.what[1]]].spans
    for state in states[bisect_right(states, span.begin, key=lambda s: s.end):]:
        if state.begin >= span.end:
            return
        yield max(span.begin, state.begin), min(span.end, state.end), state.what == "running"


def task_pieces(history, vm, lane):
    """A task that its guest runs does so only while its VCPU does."""
    for span in lane.spans:
        if isinstance(span.what, tuple):
            for begin, end, had in while_running(history, vm, span):
                yield begin, end, "#" if had else "-"
        else:
            yield span.begin, span.end, TASK_SIGNS[span.what]


def rows(history, begin, end, width, wanted):
    """(name, row) of everything. wanted(VM number): whether its VCPUs and tasks are."""
    for lane in history.pcpus:
        pieces = ((s.begin, s.end, "." if s.what is None else letter(s.what)) for s in lane.spans)
        yield lane.name, paint(pieces, begin, end, width)
    for number, vm in enumerate(history.vms):
        if not wanted(number):
            continue
        for vcpu in history.vm_vcpus(number):
            lane = history.vcpus[vcpu]
            pieces = ((s.begin, s.end, vcpu_sign(s.what)) for s in lane.spans)
            yield f"{letter(vcpu)} {lane.name}", paint(pieces, begin, end, width, empty=" ")
        for lane in history.tasks[number]:
            yield f"  {vm['name']}: {lane.name}", paint(task_pieces(history, number, lane), begin, end, width, " ")


def axis(history, begin, end, width):
    """Marks, each at the first column of its time."""
    line = ""
    every = max(width // 5, 1)
    for column in range(0, width, every):
        time = (begin + (end - begin) * column // width - history.start) * history.ns
        mark = f"|{time / 1e6:.4g} ms"
        if column + len(mark) <= width and len(line) <= column:
            line = line.ljust(column) + mark
    return line


def draw(history, begin, end, width, wanted):
    named = list(rows(history, begin, end, width, wanted))
    left = max((len(name) for name, _ in named), default=0)
    lines = LEGEND + [f"One column is {(end - begin) * history.ns / width / 1e6:.4g} ms.", ""]
    lines.append(f"{'':{left}}  {axis(history, begin, end, width)}")
    lines += [f"{name:{left}}  {row}".rstrip() for name, row in named]
    return lines
