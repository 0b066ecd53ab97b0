# SPDX-License-Identifier: MIT
"""Which schedulers the hypervisor has: its image says so (sched_all of sched/sched.h)."""
import struct

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from stintlib.errors import CannotRun
from stintlib.paths import need_hypervisor, shown

TABLE = "sched_all"
POINTER = struct.Struct("<Q")


def scheduler_names(path=None):
    """In the order of the table."""
    path = path or need_hypervisor()
    try:
        with open(path, "rb") as file:
            return list(read_names(Image(ELFFile(file))))
    except (ELFError, OSError, LookupError) as error:
        raise CannotRun(f"{shown(path)} does not tell which schedulers it has: {error}") from error


def read_names(image):
    """The table holds pointers to structures, NULL behind the last; a structure begins with a pointer to its name."""
    entry = image.symbol(TABLE)
    while ops := image.pointer(entry):
        yield image.text(image.pointer(ops))
        entry += POINTER.size


class Image:
    """What an ELF file puts into memory."""

    def __init__(self, elf):
        self.symbols = elf.get_section_by_name(".symtab")
        self.segments = [(segment["p_vaddr"], segment.data()) for segment in elf.iter_segments()
                         if segment["p_type"] == "PT_LOAD"]

    def symbol(self, name):
        found = self.symbols and self.symbols.get_symbol_by_name(name)
        if not found:
            raise LookupError(f"no symbol {name}")
        return found[0]["st_value"]

    def behind(self, address):
        """The bytes from there to the end of its segment."""
        for begin, data in self.segments:
            if begin <= address < begin + len(data):
                return data[address - begin:]
        raise LookupError(f"nothing at {address:#x}")

    def pointer(self, address):
        data = self.behind(address)
        if len(data) < POINTER.size:
            raise LookupError(f"no pointer at {address:#x}")
        return POINTER.unpack_from(data)[0]

    def text(self, address):
        return self.behind(address).split(b"\0", 1)[0].decode("ascii", "replace")
