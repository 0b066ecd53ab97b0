# SPDX-License-Identifier: MIT
"""The machine under gdb: its physical memory, its harts and their registers.

QEMU translates what gdb reads as the selected hart would at that moment: with V = 1 an address is a guest's. So all
memory is read here by physical address (for the hypervisor, which maps itself one to one, that is the same), and
QEMU is always switched back. A hart is a thread to gdb; the user's thread and frame are always restored.
"""
from contextlib import contextmanager

import gdb

from stintlib.ram import Ram

MTIME = 0x0200BFF8        # the machine's timer as memory, on QEMU's virt: host time in ticks
HGATP = 0x680
VSTIMECMP = 0x24D         # a CSR that QEMU does not tell gdb of, though it answers when asked by number
SIGN_BITS = (1 << 64) - 1
_state = {"depth": 0, "csr_base": None}


def need_machine():
    """For every command first: a machine is there, and it stands still."""
    thread = gdb.selected_thread()
    if thread is None:
        threads = gdb.selected_inferior().threads()
        if not threads:
            raise gdb.GdbError("There is no machine under this gdb, or its run is over. "
                               "'tools/stint gdb thief' starts one (make gdb S=thief).")
        thread = min(threads, key=lambda one: one.ptid[1])
        thread.switch()
    if thread.is_running():
        raise gdb.GdbError("The machine runs. Ctrl-C stops it.")


def _packet(text):
    """Asks QEMU itself; its answer as text."""
    connection = gdb.selected_inferior().connection
    if not hasattr(connection, "send_packet"):
        raise gdb.GdbError("gdb is not connected to a QEMU: 'target remote SOCKET' comes first.")
    return connection.send_packet(text).decode("ascii", "replace")


@contextmanager
def physical():
    """Inside of it gdb reads memory by physical address. Read plain values only, no registers and no frames."""
    if _state["depth"] == 0:
        gdb.newest_frame()    # gdb looks at the code around pc for it, and keeps what it finds: not by these addresses
        before = _packet("qqemu.PhyMemMode")
        if before not in ("0", "1") or _packet("Qqemu.PhyMemMode:1") != "OK":
            raise gdb.GdbError("This QEMU does not let gdb read physical memory: Stint needs QEMU 8.1 or later.")
    _state["depth"] += 1
    try:
        yield
    finally:
        _state["depth"] -= 1
        if _state["depth"] == 0:
            _packet(f"Qqemu.PhyMemMode:{before}")


class Memory(Ram):
    """Physical memory in the place of the RAM file, so that stintlib reads the shared region from it."""

    def __init__(self):    # there is no file to open
        pass

    def close(self):
        pass

    def read(self, address, size):
        """Bytes, or None where neither RAM nor a device is."""
        if size <= 0:
            return b"" if size == 0 else None
        try:
            with physical():
                return bytes(gdb.selected_inferior().read_memory(address, size))
        except (gdb.MemoryError, OverflowError):
            return None

    def word(self, address):
        """64 bits, or None."""
        data = self.read(address, 8)
        return None if data is None else int.from_bytes(data, "little")


def host_time():
    """Ticks of the machine's timer."""
    return Memory().word(MTIME)


def plain(value):
    """What a C value holds, as Python's own numbers, lists and dictionaries (by field name)."""
    with physical():
        value.fetch_lazy()
        return _plain(value)


def _plain(value):
    kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_STRUCT:
        return {field.name: _plain(value[field]) for field in kind.fields() if field.name}
    if kind.code == gdb.TYPE_CODE_ARRAY:
        first, last = kind.range()
        return [_plain(value[n]) for n in range(first, last + 1)]
    return int(value)


@contextmanager
def selection_kept():
    """The user's thread and frame, whatever is selected inside."""
    thread, frame = gdb.selected_thread(), gdb.selected_frame()
    try:
        yield
    finally:
        if thread.is_valid():
            thread.switch()
            if frame.is_valid():
                frame.select()


class Hart:
    """A hart. Its number is that of its thread, less one."""

    def __init__(self, thread):
        self.thread = thread
        self.number = thread.ptid[1] - 1

    @contextmanager
    def selected(self):
        with selection_kept():
            self.thread.switch()
            yield

    def read(self, *names):
        """Registers by gdb's names for them."""
        with self.selected():
            frame = gdb.newest_frame()
            values = [int(frame.read_register(name)) & SIGN_BITS for name in names]
        return values if len(values) > 1 else values[0]

    def vstimecmp(self):
        """Ticks of guest time; None where QEMU does not tell."""
        with self.selected():
            base = _csr_base()
            if base is None or Memory().word(MTIME) is None:    # reading memory makes gdb tell QEMU the selected thread
                return None
            answer = _packet(f"p{base + VSTIMECMP:x}")
        return int.from_bytes(bytes.fromhex(answer), "little") if len(answer) == 16 else None

    @property
    def privilege(self):
        """0 U, 1 S, 3 M, with 4 added while V = 1: 4 VU, 5 VS."""
        return self.read("priv")

    @property
    def in_guest(self):
        return bool(self.privilege & 4)

    @property
    def in_firmware(self):
        return self.privilege == 3


def _csr_base():
    """What QEMU's number of a CSR in its protocol is more than the CSR's own number; None: gdb does not say."""
    if _state["csr_base"] is None:
        table = gdb.execute("maint print remote-registers", to_string=True)
        rows = [line.split() for line in table.splitlines()]
        known = [row[-2] for row in rows if len(row) > 2 and row[0] == "hgatp" and row[-2].isdecimal()]
        _state["csr_base"] = int(known[0]) - HGATP if known else None
    return _state["csr_base"]


def harts():
    """All of them, by number."""
    found = {}
    for thread in gdb.selected_inferior().threads():
        hart = Hart(thread)
        found[hart.number] = hart
    return found


def this_hart():
    return Hart(gdb.selected_thread())
