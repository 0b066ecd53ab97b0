# SPDX-License-Identifier: MIT
"""gdb on a halted run, and Stint's own commands for it (tools/gdb)."""
import json
import re
import subprocess
import time

import pexpect
import pytest

from harness import ROOT, STINT, stint, top, vm

WALL_BOUND = 120    # seconds for a whole session
THIEF = ROOT / "scenarios" / "thief.conf"
VICTIM, ROBBER = 1, 2    # VMIDs of thief.conf's two VMs

# Runs in gdb: carries out commands and keeps what they said. After each one QEMU reads virtual addresses again, and the
# hart is in the mode in which it was.
DRIVER = """
import gdb, json
said = []
for command in json.load(open({commands!r})):
    try:
        if command.startswith("="):
            text = hex(int(gdb.parse_and_eval(command[1:])) & (1 << 64) - 1)
        else:
            text = gdb.execute(command, to_string=True)
    except gdb.error as error:
        text = "error: " + str(error)
    mode = None
    if gdb.selected_inferior().threads():
        mode = gdb.selected_inferior().connection.send_packet("qqemu.PhyMemMode").decode()
    said.append((text, mode))
json.dump(said, open({results!r}, "w"))
"""


@pytest.fixture
def debug(tmp_path):
    """debug(scenario, command...): what each command said. `=EXPRESSION` is its value."""

    def session(scenario, *commands):
        if not hasattr(scenario, "exists"):
            (tmp_path / "test.conf").write_text(scenario, "utf-8")
            scenario = tmp_path / "test.conf"
        (tmp_path / "commands").write_text(json.dumps(commands), "utf-8")
        driver = tmp_path / "driver.py"
        driver.write_text(DRIVER.format(commands=str(tmp_path / "commands"), results=str(tmp_path / "said")), "utf-8")
        (tmp_path / "said").unlink(missing_ok=True)
        done = stint("gdb", scenario, "--batch", "--ex", f"source {driver}", timeout=WALL_BOUND)
        assert (tmp_path / "said").exists(), f"gdb did not come to its end\n{done.stdout}\n{done.stderr}"
        said = json.loads((tmp_path / "said").read_text("utf-8"))
        assert {mode for _, mode in said} <= {"0", None}, "QEMU was left reading physical addresses"
        return [text for text, _ in said]

    return session


def number(text, pattern):
    """The hexadecimal number after `pattern`."""
    found = re.search(pattern + r"\s*(0x[0-9a-f]+)", text)
    assert found, f"no number after '{pattern}' in\n{text}"
    return int(found[1], 16)


def value(text):
    return int(text, 16)


def vmid(hgatp):
    return value(hgatp) >> 44 & 0x3FFF


def row(text, vcpu):
    """The line of a table in which this VCPU stands."""
    return next(line for line in text.splitlines() if re.search(rf"(^|\s){re.escape(vcpu)}\s", line))


def test_before_there_are_vms(debug):
    helped, vms, vcpu, broke, unknown = debug(THIEF, "stint", "stint vms", "stint vcpu 0",
                                              "stint break victim schedule", "stint nonsense")
    for name in ("vms", "vcpu [N]", "break VM SYMBOL", "exit", "walk VM GVA"):
        assert f"stint {name}" in helped
    for text in (vms, vcpu, broke):
        assert text.startswith("error: The hypervisor has not made its VMs yet") and "tbreak vm_begin_all" in text
    assert "There is no 'stint nonsense'" in unknown and "vms" in unknown


def test_vms_from_the_beginning(debug):
    _, _, before, waiting, _, after = debug(THIEF, "tbreak vm_begin_all", "continue", "stint vms",
                                            "stint walk thief 0x80200000", "stint exit timer", "stint vms")
    assert re.search(r"victim\s+waiting\s+1\s+timeshare\s+0 KiB of 16.0 MiB\s+victim/0\s+offline", before)
    assert re.search(r"thief\s+waiting\s+2\s+hog", before)
    assert "has not started yet" in waiting
    assert "running on pCPU 0" in row(after, "victim/0") and " in V" in row(after, "victim/0")
    assert "runnable" in row(after, "thief/0") and "waits for pCPU 0" in row(after, "thief/0")
    assert re.search(r"scheduler rr", after)


def test_names_that_are_wrong(debug):
    said = debug(THIEF, "stint exit", "stint walk nobody 0x80200000", "stint break nobody schedule",
                 "stint break victim schedul", "stint vcpu 7", "stint vcpu victim/1", "stint vcpu",
                 "stint walk victim nowhere", "stint exit nobody",
                 "stint walk victim", "stint break victim", "stint walk victim 0x80200000 --vcpu 1")
    assert all(text.startswith("error: ") for text in said[1:6] + said[7:])
    assert said[1] == said[2] == "error: There is no VM 'nobody'. There are: victim, thief."
    assert "timeshare.elf has no symbol 'schedul'. Near: schedule" in said[3]
    assert "There is no VCPU 7: they are 0 to 1 (victim/0, thief/0)" in said[4]
    assert "Those of victim: victim/0" in said[5] and "Those of victim: victim/0" in said[11]
    assert said[6].startswith("victim/0, VCPU 0")
    assert "neither a symbol of timeshare nor an address" in said[7]
    assert "There are: victim, thief." in said[8]
    assert "It is typed: stint walk VM GVA" in said[9] and "It is typed: stint break VM SYMBOL" in said[10]


def test_break_stops_in_that_vm_only(debug):
    """Both guests have the same kernel, and the function at the same address."""
    elsewhere = debug(THIEF, "stint exit", "break trap_entry if ($priv & 4) && (($hgatp >> 44) & 0x3fff) == 1",
                      *["continue", "=$hgatp"] * 8)
    assert {vmid(text) for text in elsewhere[3::2]} == {VICTIM}, "it goes there often, and before the thief runs"

    set_it, listed, *said = debug(THIEF, "stint exit", "stint break thief trap_entry", "info breakpoints",
                                  *["continue", "=$hgatp", "=$priv", "=$pc"] * 4, "bt", "info symbol $pc")[1:]
    address = number(set_it, "Breakpoint [0-9]+ at")
    assert f"trap_entry in VM thief only (VMID {ROBBER}, hog.elf)" in set_it
    assert "(($hgatp >> 44) & 0x3fff) == 2" in listed
    for stop in range(4):
        text, hgatp, privilege, pc = said[4 * stop:4 * stop + 4]
        assert vmid(hgatp) == ROBBER and value(privilege) == 5 and value(pc) == address, text
    assert "This is VM thief; gdb now has the symbols of hog.elf" in said[0]
    assert "trap_entry" in said[-2] and "hog.elf" in said[-1]


def test_vcpu_in_guest_mode_is_live(debug):
    said = debug(THIEF, "stint exit", "stint break victim schedule", "continue", "continue", "stint vcpu",
                 "=$pc", "=$sp", "=$a0", "=$satp", "=$stvec", "=$priv", "stint vms")
    vcpu, live = said[4], dict(zip(("pc", "sp", "a0", "vsatp", "vstvec"), map(value, said[5:10])))
    assert "Registers: in hart 0, live: the guest runs" in vcpu
    for name, expected in live.items():
        assert number(vcpu, rf"\b{name}\b") == expected, name
    assert value(said[10]) == 5 and "VS-mode" in vcpu and "schedule" in vcpu
    assert re.search(r"vsatp +0x8\w+ +Sv39, ASID \d+, root table at GPA 0x80", vcpu)
    assert re.search(r"hgatp +0x8\w+ +Sv39x4, VMID 1, root table at HPA 0x8", vcpu)
    assert re.search(r"vsstatus .* SIE=0 SPIE=\d SPP=\w FS=\w+ SUM=\d MXR=\d UXL=64", vcpu)
    assert re.search(r"hstatus .* VTW=1 VTSR=0 VSXL=64", vcpu)
    assert re.search(r"vscause .* its own last trap: (supervisor timer interrupt|ecall from user mode)", vcpu)
    assert re.search(r"vstimecmp .* its timer (is due in|has been due for) \d", vcpu), "two tasks: a slice ends soon"
    assert re.search(r"Times: run \d.* steal \d.* blocked 0.0 ms", vcpu)
    assert "in VS-mode at" in row(said[11], "victim/0")


def test_vcpu_off_its_pcpu_is_saved(debug):
    """What the thief finds in the victim's struct is what the victim had when it was stopped."""
    said = debug(THIEF, "stint exit timer", "stint vcpu", "=$sepc", "=$sp", "=$vsatp", "tbreak clock_interrupt",
                 "continue", "stint vcpu victim/0", "stint exit thief", "stint vcpu victim/0", "stint vcpu 1")
    at_door, pc, sp, vsatp = said[1], *map(value, said[2:5])
    assert "victim/0 exits on pCPU 0" in said[0] and "the guest has just stopped" in at_door
    assert "in its struct vcpu, current" in said[7] and "the hypervisor works for it, in clock_interrupt" in said[7]
    assert "Registers: in its struct vcpu\n" in said[9] and "runnable" in said[9]
    for text in (at_door, said[7], said[9]):
        assert number(text, r"\bpc\b") == pc and number(text, r"\bsp\b") == sp and number(text, "vsatp") == vsatp
    assert said[10].startswith("thief/0, VCPU 1: running on pCPU 0")


def test_exit_in_words(debug):
    said = debug(THIEF, "stint exit", "stint exit victim ecall", "=$sepc", "=$a7", "stint exit thief/0 timer",
                 "=$scause", "stint exit victim", "info breakpoints", "stint exit kick", "stint vms",
                 "stint exit nobody")
    assert re.search(r"victim/0 exits on pCPU 0, \d+\.\d{3} ms into the run: \w+ of RAM that was not touched", said[0])
    assert re.search(r"scause 0x1[457]: \w+ guest page fault; counted as 'fault'", said[0])
    assert re.search(r"GVA 0x8\w+ -> GPA 0x8\w+: RAM", said[0])
    assert re.search(r"victim/0 exits .* SBI call \w+\.\w+\(.*\)", said[1])
    assert "scause 0xa: ecall from VS-mode" in said[1] and "instruction 0x00000073: ecall" in said[1]
    assert number(said[1], r"\bpc\b") == value(said[2]) and "timeshare.elf" in said[1]
    assert re.search(r"thief/0 exits on pCPU 0, .* the pCPU's timer, the slice is due", said[4])
    assert "(hog.elf)" in said[4] and value(said[5]) == 1 << 63 | 5
    assert said[6].startswith("victim/0 exits")
    assert "No breakpoints" in said[7]
    assert "The run ended before such an exit" in said[8], "one pCPU has nobody to kick it"
    assert re.search(r"3000\.\d ms since the start of the run", said[9]), "the machine is still there to look at"
    assert "There is no VM 'nobody'" in said[10]


def test_exit_of_other_kinds(debug):
    scenario = top(pcpus=2, time="500ms", quantum="5ms")
    scenario += vm("floats", "fp") + vm("wild", "rogue", args="case=load at=0") + vm("sleepy", "io", vcpus=2)
    said = debug(scenario, "stint exit wild fault", "stint exit wild fault", "stint exit floats fp",
                 "stint exit floats mmio", "stint exit sleepy wfi", "stint exit beat", "stint vms",
                 "stint walk wild 0x80200000")
    assert "floating point, for the first time since it came in" in said[2]
    assert re.search(r"instruction 0x\w+: \w*f", said[2])
    assert re.search(r"floats/0 exits .* store of the UART \(a device that is emulated\)", said[3])
    assert "GVA 0x10000007 -> GPA 0x10000007: UART" in said[3] and re.search(r"instruction 0x\w{8}: sb ", said[3])
    assert re.search(r"sleepy/\d exits .* WFI, it waits for an interrupt", said[4])
    assert "the beat is due" in said[5]
    assert re.search(r"wild\s+crashed .*\n(.*\n)*wild is crashed: load at guest physical address 0x0", said[6])
    assert "VM wild is crashed" in said[7] and "its page tables were freed" in said[7]


def test_exit_by_a_kick(debug):
    """The guest's VCPUs send each other interrupts, each on a pCPU of its own."""
    kicked, = debug(top(pcpus=2, time="5s") + vm("a", "ipi", vcpus=2), "stint exit kick")
    assert re.search(r"a/\d exits on pCPU \d, .* another pCPU wants attention", kicked)
    assert "supervisor software interrupt; counted as 'kick'" in kicked


def test_walk_ends_at_the_data(debug):
    """The physical address that the walk comes to holds what the guest reads at the virtual one."""
    said = debug(THIEF, "stint exit", "stint break victim schedule", "continue", "continue",
                 "stint walk victim schedule", "=*(unsigned long *)$pc", "stint walk victim $sp+8",
                 "=*(unsigned long *)($sp+8)", "=$priv",
                 "delete", "stint exit thief timer", "stint walk victim schedule", "=$priv")
    for walk, data in ((said[4], said[5]), (said[6], said[7]), (said[11], said[5])):
        assert number(walk, "entries; there:") == value(data), walk
        assert "after 15 entries" in walk
    code = said[4]
    levels = re.findall(r"^  level (\d), index \d+: entry at GPA 0x8\w+$", code, re.M)
    assert levels == ["2", "1", "0"]
    assert len(re.findall(r"^      G-stage level \d, index \d+, at HPA 0x\w+: 0x\w+, V", code, re.M)) == 9
    assert len(re.findall(r"^  level \d, index \d+, at HPA 0x\w+: 0x\w+, V", code, re.M)) == 3
    assert re.search(r"V R X G A D -> page at GPA 0x80201000", code), "text executes and is not written"
    assert re.search(r"V R W X U A D -> page at HPA", code)
    assert value(said[8]) == 5 and value(said[12]) == 1, "the hart is in the mode that it was in"


def test_walk_says_why_it_stops(debug):
    said = debug(THIEF, "stint exit thief timer", "stint walk thief 0x10000000", "stint walk thief 0x7000000000",
                 "stint walk thief 0x3000", "stint walk thief 0x802f0000")
    assert "GPA 0x10000000 is the UART: the hypervisor will emulate the access" in said[1]
    assert "bits 38 to 63 differ" in said[2]
    assert re.search(r"level \d entry is not valid \(V = 0\): a page fault, the guest's own", said[3])
    assert "RAM of thief that has not been touched yet" in said[4]


def test_walk_of_a_guest_without_paging(debug):
    scenario = top(pcpus=1, time="50ms") + vm("flat", "fp")
    walked, outside = debug(scenario, "stint exit ecall", "stint walk flat 0x80200000",
                             "stint walk flat 0x90000000")[1:]
    assert "Bare: the guest's paging is off" in walked and "after 3 entries" in walked
    assert "flat has neither RAM nor a device: the hypervisor will end the VM" in outside


def test_several_harts(debug):
    """Each running VCPU is read from its own hart, and the selected thread stays selected. The run has no end of its
    own: while gdb looks at a stopped machine, time passes for it as on the wall."""
    scenario = top(pcpus=4) + vm("wide", "hog", vcpus=4) + vm("late", "hog", vcpus=2, start="200ms")
    said = debug(scenario, "stint exit wide/3 beat", "stint exit wide/3 beat", "thread 1", "stint vms", "=$_thread",
                 *[f"stint vcpu {n}" for n in range(4)], "=$_thread",
                 "stint break late trap_entry", *["continue", "=$hgatp"] * 6)
    places = [re.search(r"running on pCPU (\d)", row(said[3], f"wide/{n}")) for n in range(4)]
    assert sorted(place[1] for place in places) == ["0", "1", "2", "3"]
    assert said[4] == said[9] == "0x1"
    assert len({number(text, "vsatp") for text in said[5:9]}) == 4, "each runs a task of its own, in a space of its own"
    assert {vmid(hgatp) for hgatp in said[12::2]} == {2}


def test_at_a_prompt(tmp_path):
    """As a user has it: a prompt, Ctrl-C while the guests run, and an end that leaves nothing behind."""
    folder = tmp_path / "machine"
    gdb = pexpect.spawn(STINT[0], [*STINT[1:], "gdb", str(THIEF), "--for", "1000s", "--scratch", str(folder)],
                        timeout=30, encoding="utf-8", cwd=ROOT, dimensions=(40, 200))
    try:
        session = prompt(gdb)
        assert "console.log" in session
        assert "victim/0 exits on pCPU 0" in prompt(gdb, "stint exit")
        gdb.sendline("continue")
        gdb.expect("Continuing")
        time.sleep(1)
        gdb.sendintr()
        assert "SIGINT" in prompt(gdb)
        assert "since the start of the run" in prompt(gdb, "stint vms")
        gdb.sendline("stint exit kick")    # which one pCPU never gets
        assert interrupted(gdb)
        assert "Registers" in prompt(gdb, "stint vcpu victim")
        gdb.sendline("quit")
        gdb.expect(pexpect.EOF)
    finally:
        gdb.close(force=True)
    assert gdb.exitstatus == 0
    machines = subprocess.run(["pgrep", "-f", str(folder)], capture_output=True, text=True, check=False).stdout
    assert machines == "", "QEMU is still there"


def interrupted(gdb):
    """Ctrl-C, which gdb may lose when it comes at the very moment of a stop."""
    for _ in range(5):
        time.sleep(1)
        gdb.sendintr()
        if gdb.expect_exact(["(gdb) ", pexpect.TIMEOUT], timeout=2) == 0:
            return "Something else stopped the machine" in gdb.before
    return False


def prompt(gdb, command=None):
    """Sends a command and returns what was said before the next prompt."""
    if command:
        gdb.sendline(command)
    gdb.expect_exact("(gdb) ")
    return gdb.before
