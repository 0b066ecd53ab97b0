# SPDX-License-Identifier: MIT
"""The machine's RAM as the file that QEMU keeps it in: readable while it runs and after it ended."""
import os
from ctypes import sizeof

from stintlib import layout


class Ram:
    """Reads by physical address. What lies outside reads as None: addresses may come from a guest."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self.fd).st_size

    def close(self):
        os.close(self.fd)

    def read(self, address, size):
        offset = address - layout.RAM_BASE
        if size < 0 or offset < 0 or offset + size > self.size:
            return None
        return os.pread(self.fd, size, offset) if size else b""

    def read_struct(self, kind, address):
        data = self.read(address, sizeof(kind))
        return None if data is None else kind.from_buffer_copy(data)

    def read_ring(self, address, slots, head):
        """The events a ring still holds, oldest first, and how many it has lost; None when it lies outside."""
        held = min(head, slots)
        data = self.read(address, held * layout.EVENT_SIZE)
        if data is None:
            return None
        oldest = head % slots * layout.EVENT_SIZE if head > slots else 0
        return data[oldest:] + data[:oldest], head - held


def text_of(raw):
    """Bytes from a machine as text that is safe to print on one line."""
    text = bytes(raw).split(b"\0", 1)[0].decode("ascii", "replace")
    return "".join(c if c.isprintable() else "?" for c in text)
