# SPDX-License-Identifier: MIT
"""Draws a run in the two panels of the textbooks: who ran over time, as dots, and how far each has come, in percent.
Of a trace, or of a scenario, which is run first. Shows the VCPUs of all VMs, or with --vm the tasks of one guest."""
import os
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from stintlib.compare import passed_on
from stintlib.errors import OK, CannotRun
from stintlib.history import History
from stintlib.lab import Lab
from stintlib.paths import BUILD, find_scenario
from stintlib.picture import while_running
from stintlib.scenario import parse_time
from stintlib.timeline import chosen, whose, window
from stintlib.trace import read_trace

FORMATS = (".png", ".svg")
DOTS = 200            # in the width of a picture, about
MOST_DOTS = 20_000
MOST_LINES = 64
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")    # for the colour-blind, too
STYLE = {"font.family": "DejaVu Sans", "font.size": 9, "svg.fonttype": "none", "svg.hashsalt": "stint"}
METADATA = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": None}}    # no date, no version


@dataclass
class Line:
    """A task or a VCPU. ran: spans (begin, end) with a pCPU; believed: those in which its guest thinks that it runs and
    its VCPU has none; whole: the ticks that are its 100 percent."""
    name: str
    ran: list
    believed: list
    whole: int
    ends: bool    # `whole` is what it needed; otherwise the time that is shown


def main(options):
    ending = Path(options.out).suffix.lower()
    if ending not in FORMATS:
        raise CannotRun(f"--out {options.out}: the ending says what it becomes: .png or .svg")
    need_matplotlib()
    trace = load(options)
    history = History(trace)
    chosen(history, options.vm)
    refuse_lost(trace, history, options.vm)
    begin, end = window(history, options)
    every = spacing(options.every, history, begin, end)
    lines = lines_of(history, options.vm, begin, end)
    if not lines:
        raise CannotRun(f"VM '{options.vm}' has no tasks in this trace" if options.vm else "no VM is in this trace")
    if len(lines) > MOST_LINES:
        raise CannotRun(f"{len(lines)} VCPUs are too many for a picture, {MOST_LINES} are not: choose a VM by --vm")
    save(picture(trace.header, history, lines, (begin, end, every), options.vm), options.out, ending)
    return OK


def need_matplotlib():
    """It keeps a list of the fonts: that goes where everything goes that is made."""
    os.environ.setdefault("MPLCONFIGDIR", str(BUILD / "matplotlib"))
    Path(os.environ["MPLCONFIGDIR"]).mkdir(parents=True, exist_ok=True)
    try:
        import matplotlib.figure
    except ImportError as error:
        raise CannotRun("plots are drawn by matplotlib, which is not there: 'make setup' installs it, or "
                        "'apt install --no-install-recommends python3-matplotlib'") from error
    return matplotlib


def load(options):
    """A file that begins with a brace, or whose name ends in .trace, is a trace; all else is a scenario."""
    path, words = Path(options.source), passed_on(options)
    words += () if options.sched is None else ("--sched", options.sched)
    if path.suffix == ".trace" or is_trace(path):
        if words:
            raise CannotRun(f"{options.source} is a trace of a run that is over: {words[0]} is for scenarios")
        return read_trace(path)
    with Lab() as lab:
        return lab.run(find_scenario(options.source), options=words).trace


def is_trace(path):
    try:
        with open(path, "rb") as file:
            return file.read(1) == b"{"
    except OSError:
        return False


def refuse_lost(trace, history, vm):
    """Those of guests who are not shown do not matter."""
    for ring in trace.rings:
        info = ring.info
        if info["lost"] and (info["of"] == "pcpu" or vm == history.vms[info["vm"]]["name"]):
            raise CannotRun(f"the first {info['lost']} events of {whose(history, info)} were lost, its ring wrapped: "
                            f"nobody knows who ran then. Run it for a shorter time (--for)")


def spacing(text, history, begin, end):
    """Ticks from dot to dot: what was asked for, or the next of 1, 2, 5, 10, … from a 200th of the window on."""
    if text is None:
        step = 1
        while step * DOTS < end - begin:
            step = step * 5 // 2 if str(step)[0] == "2" else step * 2
        return step
    ns = parse_time(text)
    if not ns or ns < history.ns or (end - begin) * history.ns > ns * MOST_DOTS:
        raise CannotRun(f"--every {text}: a time from dot to dot, as in 2ms, no more than {MOST_DOTS} of them")
    return ns // history.ns


def lines_of(history, vm, begin, end):
    if vm is None:
        return [Line(lane.name, [span[:2] for span in lane.spans if span.what == "running"], [], end - begin, False)
                for lane in history.vcpus]
    number = [known["name"] for known in history.vms].index(vm)
    return [task_line(history, number, lane, end - begin) for lane in history.tasks[number]]


def task_line(history, number, lane, shown):
    pieces = [piece for span in lane.spans if isinstance(span.what, tuple)
              for piece in while_running(history, number, span)]
    ran = [(begin, end) for begin, end, had in pieces if had]
    ends = lane.what is None
    whole = sum(end - begin for begin, end in ran) if ends else shown
    return Line(lane.name, ran, [(begin, end) for begin, end, had in pieces if not had], max(whole, 1), ends)


def dots(spans, begin, end, every):
    """The middles of those parts of the window, `every` long, that lie in a span."""
    found = []
    for since, until in spans:
        first = max(-((begin + every // 2 - since) // every), 0)
        found += range(begin + every // 2 + first * every, min(until, end), every)
    return found


def progress(line, begin, end):
    """(times, percent) of the line's corners. What came before the window counts where the task ends."""
    spans = line.ran if line.ends else [(max(since, begin), min(until, end)) for since, until in line.ran
                                        if since < end and until > begin]
    sums = [0, *accumulate(until - since for since, until in spans)]
    corners = [(time, 100 * part / line.whole) for span, before, after in zip(spans, sums, sums[1:])
               for time, part in zip(span, (before, after))]
    corners.append((max(end, corners[-1][0]) if corners else end, 100 * sums[-1] / line.whole))
    return zip(*((min(begin, corners[0][0]), 0), *corners))


def picture(header, history, lines, view, vm):
    matplotlib = need_matplotlib()
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(STYLE)
    begin, end, every = view
    figure = matplotlib.figure.Figure(figsize=(8, 3.2 + 0.25 * len(lines)), dpi=110, layout="constrained")
    who, far = figure.subplots(2, 1, sharex=True, height_ratios=(0.6 + 0.25 * len(lines), 2.2))
    for number, line in enumerate(lines):
        color = COLORS[number % len(COLORS)]
        draw_dots(who, history, (line, number, color), view)
        times, percent = progress(line, begin, end)
        far.plot(ms(history, times), percent, color=color, linewidth=1.2, label=label(line))
    who.set_yticks(range(len(lines)), [line.name for line in lines])
    who.set_ylim(len(lines) - 0.5, -0.5)
    who.set_ylabel("runs")
    who.set_title(title(header, vm, every * history.ns), fontsize=9)
    far.set_xlabel("time since the start of the run, ms")
    far.set_ylabel("progress, %")
    far.set_xlim(*ms(history, (begin, end)))
    far.set_ylim(0, 105)
    far.grid(linewidth=0.3)
    far.legend(loc="upper left", fontsize=8)
    return figure


def draw_dots(panel, history, subject, view):
    line, row, color = subject
    for spans, style in ((line.ran, {"markerfacecolor": color}),
                         (line.believed, {"markerfacecolor": "none", "alpha": 0.5})):
        times = dots(spans, *view)
        panel.plot(ms(history, times), [row] * len(times), linestyle="none", marker="o", markersize=3,
                   markeredgewidth=0.6, markeredgecolor=color, **style)


def ms(history, times):
    return [(time - history.start) * history.ns / 1e6 for time in times]


def label(line):
    return f"{line.name}: of the time it needs" if line.ends else f"{line.name}: run time, of the time shown"


def title(header, vm, every_ns):
    """The name of a trace's scenario is whatever its file says."""
    what = f"tasks of {vm}; hollow: believed to run, the VCPU being away" if vm else "VCPUs"
    run = f"{header.get('scenario', '?')} under {header.get('sched', '?')}"
    return f"{run}: {what}. A dot every {every_ns / 1e6:g} ms".replace("$", r"\$")


def save(figure, path, ending):
    try:
        figure.savefig(path, format=ending[1:], metadata=METADATA[ending])
    except OSError as error:
        raise CannotRun(f"the picture cannot be written to {path}: {error.strerror}") from error
