# SPDX-License-Identifier: MIT
"""SBI calls by name, with their arguments (SBI specification; include/stint/sbi.h for Stint's own)."""

EXTENSIONS = {
    0x10: ("base", {0: "get_spec_version", 1: "get_impl_id", 2: "get_impl_version", 3: "probe_extension extension",
                    4: "get_mvendorid", 5: "get_marchid", 6: "get_mimpid"}),
    0x54494D45: ("time", {0: "set_timer stime_value"}),
    0x735049: ("ipi", {0: "send_ipi hart_mask hart_mask_base"}),
    0x52464E43: ("rfence", {0: "remote_fence_i hart_mask hart_mask_base",
                            1: "remote_sfence_vma hart_mask hart_mask_base start size",
                            2: "remote_sfence_vma_asid hart_mask hart_mask_base start size asid",
                            3: "remote_hfence_gvma_vmid hart_mask hart_mask_base start size vmid",
                            4: "remote_hfence_gvma hart_mask hart_mask_base start size",
                            5: "remote_hfence_vvma_asid hart_mask hart_mask_base start size asid",
                            6: "remote_hfence_vvma hart_mask hart_mask_base start size"}),
    0x48534D: ("hsm", {0: "hart_start hartid start_addr opaque", 1: "hart_stop", 2: "hart_get_status hartid",
                       3: "hart_suspend suspend_type resume_addr opaque"}),
    0x53525354: ("srst", {0: "system_reset reset_type reset_reason"}),
    0x4442434E: ("dbcn", {0: "console_write num_bytes base_addr_lo base_addr_hi",
                          1: "console_read num_bytes base_addr_lo base_addr_hi", 2: "console_write_byte byte"}),
    0x535441: ("sta", {0: "set_shmem shmem_phys_lo shmem_phys_hi flags"}),
    0x08535449: ("stint", {0: "set_area gpa bytes"}),
}
EID, FID, ARGUMENTS = 17, 16, 10    # a7, a6 and a0 onwards


def describe(x):
    """The call that an ecall with these registers is: `dbcn.console_write(num_bytes=0x5, ...)`."""
    name, functions = EXTENSIONS.get(x[EID], (None, {}))
    if name is None:
        return f"extension {x[EID]:#x}, function {x[FID]:#x}: no extension that Stint knows"
    if x[FID] not in functions:
        return f"{name}, function {x[FID]:#x}: no function of this extension"
    function, *arguments = functions[x[FID]].split()
    given = ", ".join(f"{argument}={x[ARGUMENTS + n]:#x}" for n, argument in enumerate(arguments))
    return f"{name}.{function}({given})"
