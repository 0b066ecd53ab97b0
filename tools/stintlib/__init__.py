# SPDX-License-Identifier: MIT
"""The Python side of Stint: starts QEMU, reads what the hypervisor left in RAM, shows it."""
