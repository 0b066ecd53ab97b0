# SPDX-License-Identifier: MIT
"""The rogues: what each does wrong (the cases of tests/rogue/*.c), and what must become of it."""
from dataclasses import dataclass

HOLE = "where neither RAM nor a device is"
NO_TABLE = "where no RAM is"
ODD_ACCESS = "no plain, aligned load or store"
ENDLESS = "endless faults"


@dataclass(frozen=True)
class Rogue:
    case: str
    args: str = ""
    state: str = "stopped"      # of its VM in the end; "": whatever it does to itself is its own affair
    why: str = ""               # what the report's `why` contains
    survives: bool = False      # its own checks have all passed, and it says so
    vcpus: int = 1
    memory: str = "4M"
    ms: int = 100               # it has this long, and is then stopped

    @property
    def name(self):
        """As a VM's name and a test's."""
        words = [word.split("=")[1] for word in self.args.split() if not word.startswith("area=")]
        return "_".join([self.case] + words)[:31]


def crash(case, why, args="", **keys):
    """The hypervisor ends it."""
    return Rogue(case, args, "crashed", why, **keys)


def storm(case, args="", **keys):
    """It goes on until the operator ends it."""
    return Rogue(case, args, "stopped", "by the operator", **{"ms": 200, **keys})


def survives(case, args="", **keys):
    """What it did wrong came back to it, and it goes on to its end."""
    return Rogue(case, args, "stopped", "shut down", survives=True, **keys)


def ends(case, args="", **keys):
    """It ends itself, and has no report left that could say more."""
    return Rogue(case, args, "stopped", "shut down", **keys)


def anything(case, args="", **keys):
    return Rogue(case, args, "", **keys)


# What the real machine has where the guest's has nothing.
REAL_DEVICES = {
    "mrom": 0x1000, "test": 0x100000, "rtc": 0x101000, "clint": 0x2000000, "plic": 0xc000000,
    "virtio": 0x10001000, "fw_cfg": 0x10100000, "flash": 0x20000000, "pcie": 0x30000000,
}

REGISTERS = [
    survives("csr_read_all", ms=250),
    survives("csr_write_all", ms=800),
    survives("csr_hypervisor"),
    survives("csr_write_clock"),
    survives("status_games"),
    survives("interrupt_bits"),
]

INSTRUCTIONS = [
    survives("hypervisor_fences"),
    survives("hypervisor_loads"),
    survives("privileged_returns"),
    survives("user_mode"),
    survives("vectors"),
    survives("cache_blocks"),
    survives("semihosting"),
    *(anything("random_words", f"seed={seed}") for seed in range(1, 6)),
    survives("self_modifying"),
]

TABLES = [
    survives("satp_modes"),
    crash("satp_void", NO_TABLE),
    crash("satp_far", NO_TABLE),
    crash("satp_uart", NO_TABLE),
    crash("satp_plic", NO_TABLE),
    crash("satp_sv57_void", NO_TABLE),
    crash("satp_zeros", ENDLESS),
    survives("satp_asids"),
    crash("table_void", NO_TABLE),
    crash("table_uart", NO_TABLE),
    crash("table_after_ram", NO_TABLE),
    crash("leaf_hole", HOLE),
    crash("leaf_after_ram", HOLE),
    crash("leaf_wide", HOLE),
    crash("leaf_widest", HOLE),
    survives("pte_reserved"),
    survives("pte_recursive"),
    survives("pte_rights"),
]

HOLES = [
    *(crash("load", HOLE, f"at={address:#x}") for address in REAL_DEVICES.values()),
    *(crash("store", HOLE, f"at={address:#x}") for address in REAL_DEVICES.values()),
    crash("load_byte", HOLE, "at=0"),
    crash("load_byte", HOLE, "at=0x7fffffff"),
    crash("store_byte", HOLE, "at=0x7fffffff"),
    crash("load", HOLE, "at=end"),
    crash("store", HOLE, "at=end"),
    crash("load", HOLE, "at=straddle"),
    crash("store", HOLE, "at=straddle"),
    crash("load", HOLE, "at=0x81000000"),          # the hypervisor's, as the machine numbers its memory
    crash("store", HOLE, "at=0x81000000"),
    crash("load", HOLE, "at=0x20000000000"),       # beyond the 41 bits of Sv39x4
    crash("store", HOLE, "at=0x20000000000"),
    crash("load", HOLE, "at=0x80000000000000"),
    crash("fetch", HOLE, "at=0"),
    crash("fetch", HOLE, "at=0x2000000"),
    crash("fetch", HOLE, "at=end"),
    crash("fetch", HOLE, "at=0x1ffffffffff0"),
    crash("fetch_half", HOLE),
    crash("amo", HOLE, "at=0x1000"),
    crash("amo", HOLE, "at=end"),
    crash("load_reserved", HOLE, "at=0x1000"),
    survives("store_conditional", "at=0x1000"),
    crash("load_fp", HOLE, "at=0x1000"),
    crash("compressed_store", HOLE, "at=0x1000"),
    crash("memory_beyond", HOLE),
]

DEVICES = [
    survives("uart_all_widths"),
    survives("uart_odd_registers"),
    survives("uart_execute_only"),
    survives("uart_across_pages"),
    survives("uart_code_gone"),
    survives("uart_scramble"),
    crash("fetch", "jumped into", "at=0x10000000"),
    crash("amo", ODD_ACCESS, "at=0x10000000"),
    crash("load_reserved", ODD_ACCESS, "at=0x10000000"),
    survives("store_conditional", "at=0x10000000"),   # without a reservation it stores nothing,
    crash("load_fp", ODD_ACCESS, "at=0x10000000"),
    crash("load", ODD_ACCESS, "at=0x10000001"),
    crash("store", ODD_ACCESS, "at=0x10000004"),
    crash("load", HOLE, "at=0x10000ffc"),          # half in its page, half in the next
    crash("store", HOLE, "at=0xffffffc"),          # half before it
    crash("load_byte", HOLE, "at=0x10000100"),
    survives("console_forge"),
]

TRAPS = [
    crash("vector_illegal", ENDLESS),
    crash("vector_void", HOLE),
    crash("vector_uart", "jumped into"),
    crash("vector_after_ram", HOLE),
    crash("vector_unmapped", ENDLESS),
    crash("vector_data", ENDLESS),
    storm("vector_break"),
    storm("vector_load"),
    crash("vector_store", ENDLESS),
    storm("vector_late"),
    storm("vector_vain"),
    crash("stack_void", HOLE),
    crash("stack_below_ram", HOLE),
    crash("pc_void", HOLE),
    crash("pc_far", HOLE),
    crash("recursion", HOLE),
    crash("sret_void", HOLE),
    survives("many_traps", ms=200),
]

CALLS = [
    survives("sbi_unknown"),
    survives("sbi_known"),
    survives("console_addresses"),
    survives("console_all_of_ram"),
    survives("console_into_code"),
    survives("reset_types"),
    survives("hart_masks", vcpus=5),
]

AREAS = [
    ends("area_all_ones"),
    ends("area_all_zeros"),
    ends("area_rings"),
    ends("area_lengths"),
    survives("area_heads"),
    survives("area_names"),
    ends("area_over_image", "area=none"),
    ends("area_over_tables", "area=none"),
    ends("area_while_written", "area=none", vcpus=2, ms=200),
]

HARTS = [
    survives("start_absent", vcpus=3),
    survives("start_bad_address", vcpus=2),
    crash("start_into_zeros", HOLE, vcpus=2),
    crash("start_at_end", HOLE, vcpus=2),
    storm("fork_bomb", vcpus=4),
    Rogue("stop_all", why="all of its harts stopped themselves", vcpus=2),
    storm("stop_in_chains", vcpus=2),
    storm("ipi_storm", vcpus=4),
    storm("fence_storm", vcpus=4),
    storm("fence_stopping", vcpus=4),
    ends("shut_down_at_work", vcpus=6),
    crash("crash_at_work", HOLE, vcpus=6),
    storm("reboot_at_work", vcpus=6),
    crash("crash_all", HOLE, vcpus=4),
    anything("end_all", vcpus=4),
]

STORMS = [
    *(storm(case) for case in (
        "storm_calls", "storm_device", "storm_console", "storm_illegal", "storm_wfi", "wfi_for_ever",
        "wfi_wrong_interrupt", "storm_timer_past", "storm_naps", "storm_timer_values", "storm_self_ipis",
        "storm_self_fences", "storm_suspend", "storm_yields", "storm_reboots", "storm_fp")),
]

MEMORY = [
    survives("memory_all"),
    survives("memory_all", "size=64", memory="64M", ms=1500),
    crash("memory_wipe", ENDLESS),
]

STEAL = [
    survives("steal_over_free_entries"),
    Rogue("steal_over_used_entries", state="crashed"),
    survives("steal_at_devices"),
    survives("steal_at_ends"),
    anything("steal_over_code"),
    survives("steal_rewritten", ms=250),
    storm("steal_shared", vcpus=4),
    storm("steal_storm", vcpus=4),
    storm("steal_reborn", vcpus=4),
    survives("steal_in_area", "area=none", vcpus=3, ms=400),
    ends("steal_over_area"),
]

ALL = (REGISTERS + INSTRUCTIONS + TABLES + HOLES + DEVICES + TRAPS + CALLS + AREAS + HARTS + STORMS + MEMORY
       + STEAL)
