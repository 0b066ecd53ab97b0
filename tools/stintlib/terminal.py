# SPDX-License-Identifier: MIT
"""The user's terminal as the console of a realtime run: every key goes to the machine as it is typed."""
import os
import select
import sys
import termios
import tty

from stintlib.console import BANNER_ENDS

ESCAPE = 0x1D    # Ctrl-]; what follows it chooses a guest (the hypervisor's affair) or ends the run (ours)
END_KEYS = b"qQ"
LONGEST_BANNER = 16384
HELP = "The keyboard is the guests'. Ctrl-] then n or a number: input to another guest. Ctrl-] q: end the run."


class Terminal:
    """As a context: the terminal is raw inside of it, and as it was before afterwards."""

    def __init__(self, console):
        self.console = console
        self.input = sys.stdin.fileno()
        self.before = None
        self.reading = [self.input, console]
        self.escaped = False
        self.banner = b""    # what the firmware has said so far; None once it has ended

    def __enter__(self):
        if os.isatty(self.input):
            self.before = termios.tcgetattr(self.input)
            print(HELP, flush=True)
            tty.setraw(self.input)
        return self

    def __exit__(self, *_):
        if self.before is not None:
            termios.tcsetattr(self.input, termios.TCSADRAIN, self.before)

    def pump(self, timeout):
        """Passes on what there is, in both directions. True: the user wants the run to end."""
        ready, _, _ = select.select(self.reading, [], [], timeout)
        if self.console in ready:
            self._to_user()
        return self.input in ready and self._to_machine()

    def drain(self):
        """Shows what is left of an ended machine's words."""
        while self.console in self.reading:
            self._to_user()

    def _to_user(self):
        data = self.console.recv(65536)
        if not data:
            self.reading.remove(self.console)
        data = self._without_banner(data)
        if self.before is not None:
            data = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        os.write(sys.stdout.fileno(), data)

    def _without_banner(self, data):
        """All but the firmware's banner; that, too, should the machine end in it."""
        if self.banner is None:
            return data
        self.banner += data
        _, ends, after = self.banner.partition(BANNER_ENDS.encode())
        if data and len(self.banner) < LONGEST_BANNER and b"\n" not in after:
            return b""
        shown, self.banner = after.partition(b"\n")[2] if ends else self.banner, None
        return shown

    def _to_machine(self):
        data = os.read(self.input, 4096)
        if not data:
            self.reading.remove(self.input)
        for byte in data:
            if self.escaped and byte in END_KEYS:
                return True
            self.escaped = byte == ESCAPE and not self.escaped
        try:
            self.console.sendall(data)
        except OSError:
            self.reading = [item for item in self.reading if item is not self.input]
        return False
