# SPDX-License-Identifier: MIT
"""Those tests of lab 3 that stay with the teacher."""
from lab03.tests import (MASK, NO_SUCH, access_device, evidence, expect_access, expect_answer, made_calls, send_ipis,
                         ILLEGAL)
from stintlib.course import test, top, vm
from stintlib.course.trap import cause_name

KNOWN = (0x10, 0x54494D45, 0x735049, 0x52464E43, 0x48534D, 0x53525354, 0x4442434E, 0x08535449, 0x535441)


def slot(eid):
    """Where sbi/sbi.c looks an extension up."""
    return (eid >> 17 ^ eid >> 26) % 32


@test(points=6, title="WFI in user mode is an illegal instruction", look="hyp/exit.c: wait_or_refuse",
      needs=("sleep",))
def user_mode(trial):
    seen = trial.run(top(pcpus=1, time="500ms") + vm("a", "lab03_sleep", args="naps=1 ticks=1000 user=1"))
    user = evidence(trial, seen)["user"]
    trial.expect("trap of WFI in user mode", f"{cause_name(ILLEGAL)}, 0 bytes off",
                 f"{cause_name(user['cause'])}, {user['at']} bytes off")


@test(points=6, title="an extension is known by all of its number", look="sbi/sbi.c: find")
def lookalikes(trial):
    """Numbers that fall into the slots of extensions that there are, of 32 bits and of 64."""
    extensions = [known | 1 << 32 for known in KNOWN[:3]] + [alike(trial, known) for known in KNOWN]
    found = made_calls(trial, extensions)
    for eid, got in zip(extensions, found["unknown"]):
        expect_answer(trial, f"extension {eid:#x}", got, NO_SUCH, 0)
    expect_answer(trial, f"probe of {extensions[0]:#x}", found["probe-none"], 0, 0)


def alike(trial, known):
    while True:
        eid = trial.random.randrange(0x09000000, 0x80000000)
        if slot(eid) == slot(known) and eid not in KNOWN:
            return eid


@test(points=6, title="hart masks far from all harts", look="sbi/sbi.c: sbi_hart_mask")
def far_masks(trial):
    harts = trial.random.randrange(2, 6)
    far = trial.random.randrange(40, 63)
    send_ipis(trial, harts, [
        (MASK, MASK, (1 << harts) - 1), (0, MASK, (1 << harts) - 1), (1 << far, 0, None), (1 << 63, 1, None),
        (1, 64, None), (1, 1 << 32, None), (3, MASK - 1, None), (1, 1 << 63, None), (1, far, None),
        (1, 0xffffffff, None), (1 << 2, MASK - 1, None)])    # base + 2 is no hart, though 64 bits make it 0


@test(points=6, title="loads into odd registers", look="hyp/dev/device.c: perform", needs=("loads",))
def odd_registers(trial):
    """Into x0, into the register that held the address, and by way of sp."""
    byte, word = trial.random.randrange(1, 0x80), trial.random.getrandbits(62) | 1
    found = access_device(trial, byte, word)
    for name in ("c-lwsp", "c-ldsp", "base"):
        expect_access(trial, name, found[name], "got", byte)
    expect_access(trial, "lb to x0", found["x0"], "got", 0)
    for name in ("c-swsp", "c-sdsp"):
        expect_access(trial, name, found[name], "left", word & 0xff)
    expect_access(trial, "sb of x0", found["sb-x0"], "left", 0)
