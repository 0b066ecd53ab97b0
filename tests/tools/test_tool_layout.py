# SPDX-License-Identifier: MIT
"""layout.py says of the C headers what a C compiler says of them."""
import subprocess
from ctypes import sizeof

import pytest

from stintlib import layout
from stintlib.paths import ROOT

STRUCTS = {"stint_event": layout.Event, "stint_shared": layout.Shared, "stint_pcpu_stats": layout.PcpuStats,
           "stint_vm_stats": layout.VmStats, "stint_vcpu_stats": layout.VcpuStats, "stint_value": layout.Value,
           "stint_area": layout.Area, "stint_command": layout.Command}
ENUMS = {"STINT_PCPU_": layout.PCPU_STATES, "STINT_": layout.RUNSTATES, "STINT_EXIT_": layout.EXITS,
         "STINT_VM_": layout.VM_STATES, "STINT_END_": layout.ENDS, "STINT_VALUE_": layout.VALUE_KINDS,
         "STINT_WAKE_": layout.WAKES, "STINT_MIGRATE_": layout.MIGRATIONS}
COUNTS = {"STINT_PCPU_STATES": len(layout.PCPU_STATES), "STINT_RUNSTATES": len(layout.RUNSTATES),
          "STINT_EXITS": len(layout.EXITS)}
NUMBERS = ("RAM_BASE", "SHARED_BASE", "SHARED_VERSION", "MAX_PCPUS", "MAX_VMS", "MAX_VM_VCPUS", "MAX_VCPUS",
           "MAX_SCHEDS", "MAX_COMMANDS", "AREA_VERSION", "AREA_MAX", "AREA_RINGS", "AREA_VALUES", "AREA_TASKS",
           "AREA_MARK", "NO_VCPU", "NO_TASK")


def expected():
    """(C expression, number here)"""
    for name, kind in STRUCTS.items():
        yield f"sizeof(struct {name})", sizeof(kind)
        for field in kind._fields_:
            if field[0] != "value":    # the union has no name in C
                yield f"offsetof(struct {name}, {field[0]})", getattr(kind, field[0]).offset
                yield f"sizeof(((struct {name} *)0)->{field[0]})", getattr(kind, field[0]).size
    yield "offsetof(struct stint_value, number)", layout.Value.number.offset
    yield "offsetof(struct stint_value, text)", layout.Value.text.offset
    for prefix, names in ENUMS.items():
        for number, name in enumerate(names):
            yield prefix + name.upper(), number
    for name, number in layout.EVENTS.items():
        yield f"STINT_EV_{name.upper()}", number
    yield from COUNTS.items()
    for name in NUMBERS:
        yield f"STINT_{name}", getattr(layout, name)


@pytest.fixture(scope="module")
def in_c(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layout")
    lines = "".join(f'    printf("%llu\\n", (unsigned long long)({expression}));\n' for expression, _ in expected())
    (folder / "numbers.c").write_text(
        "#include <stddef.h>\n#include <stdio.h>\n#include <stint/guest.h>\n#include <stint/shared.h>\n"
        f"int main(void)\n{{\n{lines}    puts(STINT_SHARED_MAGIC STINT_AREA_MAGIC);\n}}\n")
    program = folder / "numbers"
    subprocess.run(["gcc", "-std=gnu11", f"-I{ROOT}/include", "-o", program, f"{program}.c"], check=True)
    return subprocess.run([program], check=True, capture_output=True, text=True).stdout.split()


def test_sizes_offsets_and_numbers(in_c):
    differences = [f"{expression}: {number} here, {said} in C"
                   for (expression, number), said in zip(expected(), in_c) if number != int(said)]
    assert not differences


def test_magics(in_c):
    assert in_c[-1].encode() == layout.SHARED_MAGIC + layout.AREA_MAGIC
