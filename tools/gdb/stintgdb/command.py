# SPDX-License-Identifier: MIT
"""What all stint commands have in common: how they are called, and how times and tables look."""
import gdb

from . import target

COMMANDS = {}    # what help says, by name


class Command(gdb.Command):
    """`run` does the work: it gets the words that were typed. Its docstring is what gdb's help shows, and the first
    line of that begins with how it is typed."""

    name = ""
    needs_machine = True

    def __init__(self):
        super().__init__(f"stint {self.name}", gdb.COMMAND_STATUS)
        if not self.name.startswith("_"):
            COMMANDS[self.name] = self.__doc__

    def invoke(self, argument, from_tty):
        if self.needs_machine:
            target.need_machine()
        self.run(gdb.string_to_argv(argument))

    def usage(self):
        return gdb.GdbError(f"It is typed: {self.__doc__.splitlines()[0].split(' - ')[0]}")

    def complete(self, text, word):
        try:
            return [choice for choice in self.choices(text.split(" ")[:-1]) if choice.startswith(word)]
        except (gdb.error, gdb.GdbError):
            return gdb.COMPLETE_NONE

    def choices(self, before):
        """What may come after these words."""
        return []


def milliseconds(value):
    """A length of time for reading."""
    if value and abs(value) < 0.1:
        return f"{value * 1000:.1f} us"
    return f"{value:.1f} ms" if abs(value) < 10000 else f"{value / 1000:.1f} s"


def memory(size):
    return f"{size / (1 << 20):.1f} MiB" if size >= 1 << 20 else f"{size / (1 << 10):.0f} KiB"


def table(rows):
    """Columns as wide as they must be, two blanks between them."""
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
