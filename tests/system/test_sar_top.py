# SPDX-License-Identifier: MIT
"""sar and top inside a guest: what they print is what the hypervisor, and the guest's own report, say."""
import re
from collections import namedtuple

import pytest

from harness import ROOT, run_scenario, stint, top, vm

Line = namedtuple("Line", "time cpu user system steal idle")
Table = namedtuple("Table", "up form tasks cpus rows")      # rows: {name: Task}
Task = namedtuple("Task", "id state cpu used")

HEADER = "time        CPU     %user   %system    %steal     %idle"
SAR = re.compile(r"(Average:|\d+\.\d{3}) +(all|\d+) +(\d+\.\d\d) +(\d+\.\d\d) +(\d+\.\d\d) +(\d+\.\d\d)")
TOP = re.compile(r"top - up (\d+\.\d{3}) s, \d+ CPUs?, (aware of|blind to) steal\n"
                 r"Tasks: (.*)\n%Cpu\(s\): (.*)\n  PID S   %CPU     TIME\+ COMMAND\n((?: +\d+ [RS] .*\n)*)")
ROW = re.compile(r" +(\d+) ([RS]) +(\d+\.\d) +(\d+):(\d\d\.\d\d) (\S+)")


def console(ran, name="guest"):
    """What that VM wrote."""
    lines = ran.console.decode().replace("\r", "").split("\n")
    return "".join(line.removeprefix(f"[{name}] ") + "\n" for line in lines if line.startswith(f"[{name}] "))


def sar_lines(text):
    """[Line], hundredths of a percent; the time is None in an average."""
    found = [SAR.fullmatch(line) for line in text.split("\n")]
    lines = [Line(None if match[1] == "Average:" else float(match[1]), match[2],
                  *(int(part.replace(".", "")) for part in match.groups()[2:])) for match in found if match]
    assert {line.user + line.system + line.steal + line.idle for line in lines} <= {10000}
    return lines


def of_all(text):
    return [line for line in sar_lines(text) if line.cpu == "all"]


def tables(text, form):
    """The [Table] of tops that are `aware` or `blind`."""
    made = []
    for up, kind, tasks, cpus, rows in TOP.findall(text):
        counts = {what: int(number) for number, what in re.findall(r"(\d+) (\w+)", tasks)}
        parts = {what: float(number) for number, what in re.findall(r"(\d+\.\d) (\w+)", cpus)}
        used = [ROW.fullmatch(row) for row in rows.splitlines()]
        made.append(Table(float(up), kind.split()[0], counts, parts, {
            row[6]: Task(int(row[1]), row[2], float(row[3]), 60 * int(row[4]) + float(row[5])) for row in used}))
    return [table for table in made if table.form == form]


def percent(hundredths, expected, within=1):
    return hundredths / 100 == pytest.approx(expected, abs=within)


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """scenarios/sar.conf, as it is, and for longer."""
    text = (ROOT / "scenarios" / "sar.conf").read_text("utf-8").replace("3100ms", "5100ms")
    return run_scenario(tmp_path_factory.mktemp("run"), text, name="sar")


def test_from_all_to_half(watched):
    first, _, *rest = of_all(console(watched))
    assert percent(first.user, 100) and first.steal == 0
    assert len(rest) == 3
    for line in rest:
        assert percent(line.user, 50) and percent(line.steal, 50) and line.idle == 0


def test_the_hypervisors_books_say_the_same(watched):
    """Of each interval. The guest's clock begins with the run."""
    spans = [span for span in watched.spans(0) if span.vcpu == 0]
    lines = of_all(console(watched))
    for before, line in zip(lines, lines[1:]):
        begin, end = round(before.time * 1e9), round(line.time * 1e9)
        ran = sum(max(0, min(span.end, end) - max(span.begin, begin)) for span in spans)
        assert percent(line.user + line.system, 100 * ran / (end - begin))
        assert percent(line.steal, 100 - 100 * ran / (end - begin))


def test_the_report_says_the_same(watched):
    """The intervals together are the time that the report is about, but for the boot and what came after the last."""
    lines = of_all(console(watched))
    begins = [0, *(line.time for line in lines[:-1])]
    measured = watched.measured("guest")
    for part in ("user", "system", "steal", "idle"):
        mean = sum(getattr(line, part) * (line.time - begin) for begin, line in zip(begins, lines)) / lines[-1].time
        assert percent(mean, measured[f"{part}_pct"])


def test_blind_and_aware(watched):
    blind, aware = (tables(console(watched), form)[2:] for form in ("blind", "aware"))
    assert len(blind) == len(aware) == 3
    for table in blind:
        assert table.rows["spin0"].cpu >= 98
        assert "st" not in table.cpus and table.cpus["us"] >= 98 and table.cpus["id"] == 0
    for table in aware:
        assert table.rows["spin0"].cpu == pytest.approx(50, abs=1)
        assert table.cpus["us"] == pytest.approx(50, abs=1) and table.cpus["st"] == pytest.approx(50, abs=1)
    for table in blind + aware:
        assert sum(table.cpus.values()) == pytest.approx(100, abs=0.01)


def test_time_used(watched):
    """The blind one has counted all of the time as the task's; the other what the report counts."""
    blind, aware = (tables(console(watched), form)[-1] for form in ("blind", "aware"))
    task, measured = watched.measured("guest")["tasks"][0], watched.measured("guest")
    assert blind.rows["spin0"].used == pytest.approx(blind.up * task["top_blind_pct"] / 100, abs=0.05)
    assert aware.rows["spin0"].used == pytest.approx(aware.up - measured["stolen_ns"] / 1e9, abs=0.1)


def test_the_table_of_tasks(watched):
    table = tables(console(watched), "aware")[-1]
    assert [(name, task.id, task.state) for name, task in table.rows.items()][0] == ("spin0", 0, "R")
    assert {name: task.id for name, task in table.rows.items()} == {"spin0": 0, "sar1": 1, "top2": 2, "top-aware3": 3}
    assert table.rows["top-aware3"].state == "R" and table.rows["sar1"].state == "S"
    assert table.tasks == {"total": 4, "running": 2, "sleeping": 2, "ended": 0}
    assert max(task.cpu for name, task in table.rows.items() if name != "spin0") < 0.5


def test_watchers_take_little(tmp_path, watched):
    """With them and without: what the guest has left of its CPU for its work."""
    text = (ROOT / "scenarios" / "sar.conf").read_text("utf-8").replace("3100ms", "5100ms")
    alone = run_scenario(tmp_path, text.replace(" sar:1s top:1s top-aware:1s", ""))
    assert "%user" not in console(alone)
    works = [ran.measured("guest")["tasks"][0]["work"] for ran in (watched, alone)]
    assert works[0] == pytest.approx(works[1], rel=0.005)


def test_a_header_every_twenty_lines(tmp_path):
    ran = run_scenario(tmp_path, top(pcpus=1, time="620ms") + vm("guest", "timeshare", args="spin sar:10ms slice=1ms"))
    lines = [line for line in console(ran).splitlines() if line.strip()][1:]
    assert len(lines) > 60
    assert [number for number, line in enumerate(lines) if line == HEADER] == list(range(0, len(lines), 21))


def test_a_line_a_cpu(tmp_path):
    """One of two CPUs spins, the other one has only sar to run, and is idle, or waits for the hog."""
    ran = run_scenario(tmp_path, top(pcpus=2, time="2100ms", quantum="5ms") + vm("guest", "timeshare", vcpus=2,
                       args="spin sar:500ms", affinity="0;1") + vm("hog", "hog", affinity="0"))
    text = console(ran)
    lines = sar_lines(text)
    assert text.count(HEADER) == len(lines) / 3 == 4
    for everybody, zero, one in zip(lines[::3], lines[1::3], lines[2::3]):
        assert (everybody.cpu, zero.cpu, one.cpu) == ("all", "0", "1")
        for part in ("user", "system", "steal", "idle"):
            mean = (getattr(zero, part) + getattr(one, part)) / 2
            assert percent(getattr(everybody, part), mean / 100)
    spins, waits = lines[-2:]
    assert percent(spins.user, 50) and percent(spins.steal, 50) and spins.idle == 0
    assert percent(waits.idle, 99) and waits.steal < 100


def test_who_was_woken_and_waits_has_been_idle_before(tmp_path):
    """The second CPU has nothing to do but sar, for which it is woken as it is due. It waits for its pCPU then and has
    not been heard of since it booted: all of the time until then it was idle, and this one it was not working."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="500ms") + vm("hog", "hog") +
                       vm("guest", "realtime", vcpus=2, args="task:20ms:5ms sar:400ms"))
    _, zero, one = sar_lines(console(ran))
    assert zero.cpu == "0" and percent(zero.user, 25) and zero.steal > 3000
    assert one.cpu == "1" and percent(one.idle, 100)


@pytest.mark.parametrize("guest, args", [
    ("timeshare", "work:300ms sar:100ms top:100ms correct=on"), ("realtime", "task:10ms:1ms jobs=30 sar:100ms"),
    ("smp", "rounds=3000 sar:100ms"), ("smp", "rounds=3000 move=on balloon=on sar:100ms"),
    ("io", "transactions=30 sar:100ms"), ("database", "transactions=10 sar:50ms top-aware:50ms")])
def test_guests_that_end_do_so_with_an_average(tmp_path, guest, args):
    """When the last task has ended that is no helper, in every guest. The average is what the report says."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="5s") + vm("guest", guest, vcpus=2, args=args) + vm("hog", "hog"))
    average, *cpus = [line for line in sar_lines(console(ran)) if line.time is None]
    assert [line.cpu for line in cpus] == ["0", "1"]
    assert ran.vm("guest")["why"] == "the guest shut down"
    measured = ran.measured("guest")
    for part in ("user", "system", "steal", "idle"):
        assert percent(getattr(average, part), measured[f"{part}_pct"])


def test_watchers_do_not_hold_the_guest_up(tmp_path):
    """Its end does not wait until they are due."""
    ran = run_scenario(tmp_path, top(pcpus=1, time="5s") + vm("guest", "timeshare", args="work:100ms sar:2s top:3s"))
    assert ran.report["elapsed_ns"] < 130_000_000
    average, = of_all(console(ran))
    assert average.time is None and average.user > 9400


def native(*words):
    done = stint("native", "--for", "60s", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_natively_nothing_is_stolen():
    text = native("timeshare", "work:60000", "sar:200ms", "top:200ms", "top-aware:200ms")
    lines = of_all(text)
    assert len(lines) > 4 and lines[-1].time is None
    for line in lines:
        assert line.steal == 0 and line.user > 9800
    for blind, aware in zip(tables(text, "blind"), tables(text, "aware"), strict=True):
        assert blind.rows["work0"].cpu == pytest.approx(aware.rows["work0"].cpu, abs=0.5) and aware.cpus["st"] == 0


def test_addresses_of_others_are_refused():
    """Of all calls that read or write a task's memory, with none of the task's memory at the address, or not all."""
    text = native("timeshare", "wild", "work:100")
    refused, attempts = map(int, re.search(r"the kernel refused (\d+) of (\d+) addresses", text).groups())
    assert refused == attempts == 54
    assert "wild0 is killed: it loaded from a page that it may not read" in text


@pytest.mark.parametrize("args, says", [
    ("spin sar:1ms", "a period of at least 10ms"), ("spin top:soon", "a whole number"),
    ("spin top-aware:1", "with its unit"), ("spin sar", "one of those below"),
    ("sar:1s top:1s", "at least one task")])
def test_refused(tmp_path, args, says):
    ran = run_scenario(tmp_path, top(pcpus=1, time="100ms") + vm("guest", "timeshare", args=args), expect=None)
    assert ran.code == 1 and says in console(ran) and "top-aware:PERIOD" in console(ran)
