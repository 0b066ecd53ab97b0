# SPDX-License-Identifier: MIT
"""The stint commands of gdb, one subject a module. tools/gdb/stint.py loads them."""
