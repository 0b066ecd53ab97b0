# SPDX-License-Identifier: MIT
"""CSRs in words: their fields, and why a trap was taken (Privileged spec, "Supervisor-Level ISA" and "Hypervisor
Extension")."""
ONE_BIT = ("0", "1")
PRIVILEGE = ("VU", "VS")
FLOAT = ("off", "initial", "clean", "dirty")
WIDTH = ("?", "32", "64", "128")

# Name, lowest bit, width, words for the values; those with a * are shown only when they are not zero.
FIELDS = {
    "vsstatus": (("SIE", 1, 1, ONE_BIT), ("SPIE", 5, 1, ONE_BIT), ("*UBE", 6, 1, ONE_BIT), ("SPP", 8, 1, ("U", "S")),
                 ("*VS", 9, 2, FLOAT), ("FS", 13, 2, FLOAT), ("*XS", 15, 2, FLOAT), ("SUM", 18, 1, ONE_BIT),
                 ("MXR", 19, 1, ONE_BIT), ("UXL", 32, 2, WIDTH), ("*SD", 63, 1, ONE_BIT)),
    "hstatus": (("*VSBE", 5, 1, ONE_BIT), ("GVA", 6, 1, ONE_BIT), ("SPV", 7, 1, ONE_BIT), ("SPVP", 8, 1, PRIVILEGE),
                ("*HU", 9, 1, ONE_BIT), ("*VGEIN", 12, 6, ()), ("VTVM", 20, 1, ONE_BIT), ("VTW", 21, 1, ONE_BIT),
                ("VTSR", 22, 1, ONE_BIT), ("VSXL", 32, 2, WIDTH)),
    "vsie": (("SSIE", 1, 1, ONE_BIT), ("STIE", 5, 1, ONE_BIT), ("SEIE", 9, 1, ONE_BIT)),
    "hvip": (("VSSIP", 2, 1, ONE_BIT), ("VSTIP", 6, 1, ONE_BIT), ("VSEIP", 10, 1, ONE_BIT)),
}

EXCEPTIONS = {
    0: "fetch from a misaligned address", 1: "fetch refused (access fault)", 2: "illegal instruction", 3: "breakpoint",
    4: "load from a misaligned address", 5: "load refused (access fault)", 6: "store to a misaligned address",
    7: "store refused (access fault)", 8: "ecall from user mode", 9: "ecall from HS-mode", 10: "ecall from VS-mode",
    12: "fetch page fault", 13: "load page fault", 15: "store page fault", 20: "fetch guest page fault",
    21: "load guest page fault", 22: "virtual instruction", 23: "store guest page fault",
}
INTERRUPTS = {1: "supervisor software interrupt", 2: "VS-level software interrupt", 5: "supervisor timer interrupt",
              6: "VS-level timer interrupt", 9: "supervisor external interrupt", 10: "VS-level external interrupt"}
INTERRUPT = 1 << 63

VS_MODES = {0: "Bare", 8: "Sv39", 9: "Sv48", 10: "Sv57"}
G_MODES = {0: "Bare", 8: "Sv39x4", 9: "Sv48x4", 10: "Sv57x4"}


def fields(name, value):
    """A CSR field by field, as in `SIE=1 SPIE=0 SPP=S`."""
    parts = []
    for field, low, width, words in FIELDS[name]:
        number = value >> low & (1 << width) - 1
        if field[0] == "*" and not number:
            continue
        parts.append(f"{field.lstrip('*')}={words[number] if number < len(words) else number}")
    return " ".join(parts)


def cause(value):
    """scause or vscause in words."""
    names = INTERRUPTS if value & INTERRUPT else EXCEPTIONS
    number = value & ~INTERRUPT
    kind = "interrupt" if value & INTERRUPT else "exception"
    return names.get(number, f"{kind} {number}, which has no name")


def vsatp(value):
    mode = value >> 60
    if mode == 0:
        return "Bare: the guest's paging is off, its addresses are physical"
    return (f"{VS_MODES.get(mode, f'mode {mode}?')}, ASID {value >> 44 & 0xFFFF}, "
            f"root table at GPA {root_of(value):#x}")


def hgatp(value):
    return (f"{G_MODES.get(value >> 60, f'mode {value >> 60}?')}, VMID {vmid_of(value)}, "
            f"root table at HPA {root_of(value):#x}")


def root_of(atp):
    return (atp & (1 << 44) - 1) << 12


def vmid_of(hgatp_value):
    return hgatp_value >> 44 & 0x3FFF
