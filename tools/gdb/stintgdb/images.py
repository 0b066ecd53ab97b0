# SPDX-License-Identifier: MIT
"""The guests' images: which file belongs to which guest, and which address has which name.

All guests may lie at the same addresses, and gdb knows but one name for an address. So it has the symbols of one guest
at a time: those of the first image, until it stops in a VM with another one. Names that these commands are given or
print are looked up here, in the image of the VM concerned.
"""
import difflib
from bisect import bisect_right
from functools import lru_cache

import gdb
from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from stintlib.errors import CannotRun
from stintlib.paths import find_guest

FAR = 1 << 20        # nothing that far behind a symbol belongs to it
_files = {}          # by the guest's name in the scenario
_loaded = {"path": None}


class Image:
    """The symbols of an ELF file."""

    def __init__(self, path):
        self.path, self.name = path, path.name
        self.addresses, self.by_address = {}, []
        with open(path, "rb") as file:
            for section in ELFFile(file).iter_sections():
                if isinstance(section, SymbolTableSection):
                    self._take(section)
        self.by_address.sort()

    def _take(self, section):
        for symbol in section.iter_symbols():
            kind, name, address = symbol["st_info"]["type"], symbol.name, symbol["st_value"]
            if not name or name.startswith("$") or kind in ("STT_FILE", "STT_SECTION"):
                continue
            if symbol["st_info"]["bind"] != "STB_LOCAL" or name not in self.addresses:
                self.addresses[name] = address
            if symbol["st_shndx"] != "SHN_ABS":
                self.by_address.append((address, kind == "STT_FUNC", name))

    def find(self, word):
        """The address of a symbol."""
        if word in self.addresses:
            return self.addresses[word]
        near = difflib.get_close_matches(word, self.addresses, 3, 0.5)
        raise gdb.GdbError(f"{self.name} has no symbol '{word}'." + (f" Near: {', '.join(near)}." if near else ""))

    def name_of(self, address):
        """`function+0x12`, or an empty text."""
        at = bisect_right(self.by_address, (address, True, "\x7f")) - 1
        if at < 0 or address - self.by_address[at][0] > FAR:
            return ""
        start, _, name = self.by_address[at]
        return name if start == address else f"{name}+{address - start:#x}"


@lru_cache(maxsize=None)
def _load(path, _changed):
    return Image(path)


def load(path):
    try:
        return _load(path, path.stat().st_mtime_ns)
    except (OSError, ELFError):
        return None


def name_of(image, address):
    return image.name_of(address) if image else ""


def tell(guest, path):
    """That file has the symbols of that guest. The first one's are loaded."""
    if load(path) is None:
        raise gdb.GdbError(f"{path} is not an ELF file that can be read.")
    _files[guest] = path
    if _loaded["path"] is None:
        show(path)


def of(vm):
    """The image of a VM, or None: a flat one, or a file that nobody has named."""
    if vm.guest not in _files:
        try:
            _files[vm.guest] = find_guest(vm.guest).resolve()
        except CannotRun:
            return None
    return load(_files[vm.guest])


def need(vm):
    image = of(vm)
    if image is None:
        raise gdb.GdbError(f"The image of VM {vm.name}, '{vm.guest}', has no symbols here. "
                           f"'stint image {vm.guest} FILE' names the ELF file that has them.")
    return image


def show(path):
    """Lets gdb have the symbols of this guest, and of no other. True: it had not."""
    if _loaded["path"] == path:
        return False
    if _loaded["path"]:
        gdb.execute(f'remove-symbol-file "{_loaded["path"]}"', to_string=True)
    _loaded["path"] = None
    gdb.execute(f'add-symbol-file "{path}"', to_string=True)
    _loaded["path"] = path
    return True
