# SPDX-License-Identifier: MIT
"""Submissions that are broken, endless, or up to no good: each gets the grade that it deserves, and harms nobody."""
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from stintlib import layout
from stintlib.course import command, isolation
from stintlib.course.evidence import find_evidence, fresh_mark
from stintlib.layout import RAM_BASE, Area
from stintlib.paths import ROOT
from stintlib.ram import Ram

RR = (ROOT / "sched/rr.c").read_text("utf-8")
TEST = "turns"
PICK = "struct sched_vcpu *next = current;\n"
PREEMPTED = "uint64_t now)\n{\n"


def broken(where, what, text=RR):
    assert text.count(where) >= 1
    return {"sched/rr.c": text.replace(where, where + what, 1)}


def verdicts(result):
    return {verdict.test.name: verdict for verdict in result.verdicts}


def test_what_does_not_compile_gets_the_compilers_words_and_nothing(hand_in):
    result = hand_in(5, broken(PICK, "    this is no C;\n"))
    builds, *rest = result.verdicts
    assert builds.status == "failed" and "sched/rr.c:" in builds.why and "error:" in builds.why
    assert "/tmp/" not in builds.why
    assert result.score == 0 and result.exit_code == 1
    assert rest and all(verdict.status == "skipped" and "build" in verdict.why for verdict in rest)


def test_an_endless_loop_is_ended_by_its_budget_and_told_where_it_is(hand_in):
    result = hand_in(5, broken(PICK, "    for (;;)\n        asm volatile(\"\");\n"), [TEST])
    verdict = verdicts(result)[TEST]
    assert verdict.status == "failed" and "budget" in verdict.why and "rr_pick" in verdict.why


@pytest.mark.long
def test_harts_that_sleep_for_ever_are_found_out(hand_in):
    result = hand_in(5, broken(PICK, "    asm volatile(\"csrw 0x14d, %0\" ::\"r\"(-1));\n    for (;;)\n"
                                     "        asm volatile(\"wfi\");\n"), [TEST])
    verdict = verdicts(result)[TEST]
    assert verdict.status == "failed" and "sleeps" in verdict.why, verdict.why


@pytest.mark.long
def test_a_machine_that_is_turned_off_early_has_shown_nothing(hand_in):
    off = "".join(f"    asm volatile(\"li {register}, {value}\");\n"
                  for register, value in (("a7", "0x53525354"), ("a6", "0"), ("a0", "0"), ("a1", "0")))
    result = hand_in(5, broken(PICK, off + "    asm volatile(\"ecall\");\n"), [TEST])
    assert verdicts(result)[TEST].status == "failed" and result.score == 0


@pytest.mark.long
def test_a_flood_of_output_is_ended_like_any_loop(hand_in):
    text = RR.replace("static ", "void console_print(const char *, ...);\nstatic ", 1)
    result = hand_in(5, broken(PICK, "    for (;;)\n        console_print(\"passed\\n\");\n", text), [TEST])
    assert verdicts(result)[TEST].status == "failed" and "budget" in verdicts(result)[TEST].why
    assert len(verdicts(result)[TEST].why) < 4096


def test_a_crash_of_the_hypervisor_is_decoded(hand_in):
    result = hand_in(5, broken(PICK, "    *(volatile int *)8 = 1;\n"), [TEST])
    verdict = verdicts(result)[TEST]
    assert verdict.status == "failed" and "the hypervisor failed" in verdict.why


NAMES = "ABCDEFGHIJ"
BOMB = "".join(f"#define {name} {' '.join(8 * [below])}\n" for name, below in zip(NAMES, [*NAMES[1:], "1 +"]))


@pytest.mark.parametrize("words", [pytest.param('#include "/dev/zero"', id="include"),
                                   pytest.param('asm(".incbin \\"/dev/zero\\"");', id="incbin"),
                                   pytest.param(f"{BOMB}int a = A 1;", id="macros", marks=pytest.mark.long)])
def test_a_bomb_for_the_compiler_is_ended(hand_in, words):
    result = hand_in(5, {"sched/rr.c": f"{RR}\n{words}\n"})
    assert result.verdicts[0].status == "failed" and result.score == 0


def test_the_teachers_tree_cannot_be_read(hand_in):
    secret = ROOT / "labs/05-round-robin/key.md"
    result = hand_in(5, {"sched/rr.c": f"{RR}\nasm(\".incbin \\\"{secret}\\\"\");\n"})
    assert result.verdicts[0].status == "failed"


def test_a_neighbours_work_cannot_be_read(tmp_path):
    (tmp_path / "class" / "anna").mkdir(parents=True)
    (tmp_path / "class" / "bert").mkdir()
    (tmp_path / "class" / "anna" / "rr.c").write_text(RR)
    kept_in = isolation.isolation(hidden=[command.others_of(tmp_path / "class" / "bert")])
    assert run_inside(kept_in, "cat", str(tmp_path / "class" / "anna" / "rr.c")).stdout == ""
    assert command.others_of(Path("/tmp/mine")) == Path("/tmp/mine")


def test_a_link_is_not_followed(hand_in, tmp_path):
    (tmp_path / "sched").mkdir()
    (tmp_path / "sched" / "rr.c").symlink_to(ROOT / "sched/rr.c")
    result = hand_in(5, {})
    assert "missing" in result.verdicts[0].why


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_missing(hand_in, tmp_path, make):
    (tmp_path / "sched").mkdir()
    make(tmp_path / "sched" / "rr.c")
    assert "missing" in hand_in(5, {}).verdicts[0].why


def test_a_file_without_end_is_refused(hand_in):
    assert "more than" in hand_in(5, {"sched/rr.c": RR + "\n" * (1 << 20)}).verdicts[0].why


def run_inside(kept_in, *words, **options):
    return subprocess.run(kept_in.wrap(words), capture_output=True, text=True, timeout=60, check=False, cwd="/",
                          **options)


def test_inside_there_is_neither_a_network_nor_a_right(kept_in):
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    reach = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
    assert run_inside(kept_in, "/usr/bin/python3", "-c", reach).returncode != 0
    assert run_inside(kept_in, "mount", "-t", "tmpfs", "none", "/mnt").returncode != 0
    assert run_inside(kept_in, "ls", str(ROOT)).stdout == ""
    assert str(os.getpid()) not in run_inside(kept_in, "ls", "/proc").stdout.split()
    assert "CapEff:\t0000000000000000" in run_inside(kept_in, "cat", "/proc/self/status").stdout
    listener.close()


def test_inside_there_are_limits(kept_in):
    limits = run_inside(kept_in, "cat", "/proc/self/limits").stdout
    for name, value in (("Max cpu time", "600"), ("Max file size", str(1 << 30)), ("Max processes", "256")):
        assert [line.split()[-3] for line in limits.splitlines() if line.startswith(name)] == [value]


def test_nobody_is_kept_in_where_the_machine_cannot(monkeypatch):
    monkeypatch.setattr(isolation, "PROGRAMS", ("no-such-program",))
    isolation.why_not.cache_clear()
    with pytest.raises(Exception, match="--unsafe"):
        isolation.isolation()
    isolation.why_not.cache_clear()


class TestEvidence:
    """What is taken for a guest's report, in all of RAM."""

    @staticmethod
    def ram(tmp_path, *areas):
        path = tmp_path / "ram"
        with open(path, "wb") as file:
            file.truncate(1 << 24)
            for address, area in areas:
                file.seek(address - RAM_BASE)
                file.write(bytes(area))
        return Ram(path)

    @staticmethod
    def area(mark, version=layout.AREA_VERSION, magic=layout.AREA_MAGIC):
        made = Area(magic=magic, version=version, bytes=0x10000, rings=0, rings_offset=0x9000)
        made.mark[:] = [byte ^ 0xFF for byte in mark]
        made.values[0].name, made.values[0].kind, made.values[0].number = b"work", 1, 7
        return made

    def test_is_found_wherever_it_lies(self, tmp_path):
        mark = fresh_mark()
        evidence, why = find_evidence(self.ram(tmp_path, (RAM_BASE + 0x345000, self.area(mark))), mark)
        assert why is None and evidence["work"] == 7

    def test_of_another_run_is_none(self, tmp_path):
        evidence, why = find_evidence(self.ram(tmp_path, (RAM_BASE + 0x345000, self.area(fresh_mark()))), fresh_mark())
        assert evidence is None and "mark" in why

    def test_that_stands_twice_is_a_forgery(self, tmp_path):
        mark = fresh_mark()
        ram = self.ram(tmp_path, (RAM_BASE + 0x1000, self.area(mark)), (RAM_BASE + 0x345000, self.area(mark)))
        evidence, why = find_evidence(ram, mark)
        assert evidence is None and "forged" in why

    @pytest.mark.parametrize("place, changes", [(0x345010, {}), (0x345000, {"magic": b"STINTGSX"}),
                                                (0x345000, {"version": 9})])
    def test_that_is_no_area_is_none(self, tmp_path, place, changes):
        mark = fresh_mark()
        assert find_evidence(self.ram(tmp_path, (RAM_BASE + place, self.area(mark, **changes))), mark)[0] is None


def test_what_the_hypervisor_says_need_not_be_an_account(hand_in):
    """It fills its own accounts with nonsense at the end of every quantum."""
    wreck = "    for (long *at = (long *)0x80600000; at < (long *)0x80601000; at++)\n        *at = -1;\n"
    result = hand_in(5, broken(PICK, wreck), [TEST])
    assert verdicts(result)[TEST].status == "failed"


@pytest.mark.parametrize("end", ["kill", "terminate"])
def test_nothing_goes_on_when_its_grader_is_gone(kept_in, tmp_path, end):
    """The process that is kept in names itself by an argument that nobody else has."""
    name = f"sleep {10000 + os.getpid()}"
    code = (f"import subprocess, sys, ctypes\nsys.path.insert(0, {str(ROOT / 'tools')!r})\n"
            "from stintlib.qemu import die_with_parent\n"
            f"subprocess.run({kept_in.wrap(name.split())!r}, preexec_fn=die_with_parent, start_new_session=True)\n")
    grader = subprocess.Popen(["/usr/bin/python3", "-c", code])

    def is_there():
        return subprocess.run(["pgrep", "-fx", name], capture_output=True, check=False).returncode == 0

    assert wait_for(is_there)
    getattr(grader, end)()
    grader.wait()
    assert wait_for(lambda: not is_there())


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
