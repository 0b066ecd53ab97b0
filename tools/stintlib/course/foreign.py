# SPDX-License-Identifier: MIT
"""What one file of a submission takes from elsewhere, as the compiler left it in the hypervisor's build: names that the
linker is to find, and headers. Macros hide neither; a number that is used as an address is not seen."""
import os.path

from elftools.elf.elffile import ELFFile

BUILT = "build/hyp"


def names_from(tree, source, allowed, but):
    """Names that `source` (sched/mine.c) uses and that are defined in none of the allowed folders, or there in one of
    the files `but`."""
    free = {name for folder in allowed for file in (tree / BUILT / folder).glob("*.o")
            if f"{folder}/{file.stem}.c" not in but for name in symbols(file, defined=True)}
    return sorted(set(symbols((tree / BUILT / source).with_suffix(".o"), defined=False)) - free)


def symbols(path, defined):
    with open(path, "rb") as file:
        table = ELFFile(file).get_section_by_name(".symtab")
        return [symbol.name for symbol in table.iter_symbols()
                if symbol.name and symbol["st_info"]["bind"] != "STB_LOCAL"
                and (symbol["st_shndx"] != "SHN_UNDEF") == defined]


def headers_from(tree, source, allowed):
    """The files that `source` includes, itself or by others, and that are no headers of the allowed folders."""
    rule = (tree / BUILT / source).with_suffix(".d").read_text("utf-8").replace("\\\n", " ").splitlines()[0]
    paths = {os.path.normpath(path) for path in rule.partition(":")[2].split()} - {source}
    return sorted(path for path in paths if not path.endswith(".h") or os.path.dirname(path) not in allowed)
