# SPDX-License-Identifier: MIT
"""Stint's own commands for gdb 13 or later. tools/stint gdb loads them; by hand: 'source tools/gdb/stint.py'."""
import sys
from pathlib import Path

import gdb

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True    # nothing is written outside of build/
for folder in (HERE.parent, HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from stintgdb import follow, show_vcpu, show_vms, show_walk, stop_break, stop_exit    # noqa: E402 (needs the path)
from stintgdb.command import COMMANDS                                                 # noqa: E402


class Stint(gdb.Command):
    """stint - what the hypervisor, its VMs and their VCPUs are doing; without a word more: help"""

    def __init__(self):
        super().__init__("stint", gdb.COMMAND_STATUS, gdb.COMPLETE_COMMAND, True)

    def invoke(self, argument, from_tty):
        if argument.strip():
            raise gdb.GdbError(f"There is no 'stint {argument.split()[0]}'. There are: {', '.join(COMMANDS)}.")
        print("Stint's commands ('help stint vms' says more of one):")
        for text in COMMANDS.values():
            print(f"  {text.splitlines()[0]}")


Stint()
for command in (show_vms.Vms, show_vcpu.Vcpu, show_walk.Walk, stop_break.Break):
    command()
stop_exit.define()
follow.Image()
print("'stint' lists Stint's own commands.")
