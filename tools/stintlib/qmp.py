# SPDX-License-Identifier: MIT
"""QEMU's control channel (QMP): just enough to stop the machine, ask its clock, and end it."""
import json
import re
import socket

MTIME = 0x0200BFF8     # the clock of the `virt` machine's CLINT, in ticks of 100 ns
TIMEOUT = 10           # seconds that QEMU may take for an answer


class QmpGone(Exception):
    """QEMU has ended or does not answer."""


class Qmp:
    """Over a connected socket. Nothing is said before the first command, so that an undisturbed run stays so."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.settimeout(TIMEOUT)
        self.unread = b""
        self.greeted = False

    def command(self, name, **arguments):
        if not self.greeted:
            self.greeted = True
            self._exchange({"execute": "qmp_capabilities"})
        request = {"execute": name}
        if arguments:
            request["arguments"] = arguments
        return self._exchange(request)

    def _exchange(self, request):
        try:
            self.connection.sendall(json.dumps(request).encode() + b"\n")
            while True:
                answer = json.loads(self._line())
                if "return" in answer:
                    return answer["return"]
                if "error" in answer:
                    raise QmpGone(answer["error"].get("desc", "refused"))
        except (OSError, ValueError) as error:
            raise QmpGone(str(error)) from error

    def _line(self):
        while b"\n" not in self.unread:
            try:
                data = self.connection.recv(65536)
            except socket.timeout as error:
                raise QmpGone(f"no answer within {TIMEOUT} s") from error
            if not data:
                raise QmpGone("the connection was closed")
            self.unread += data
        line, self.unread = self.unread.split(b"\n", 1)
        return line

    def clock(self):
        """The machine's time in ticks."""
        answer = self.command("human-monitor-command", **{"command-line": f"xp /1gx {MTIME:#x}"})
        match = re.search(r":\s*0x([0-9a-f]+)", answer)
        if not match:
            raise QmpGone(f"the clock reads '{answer.strip()}'")
        return int(match[1], 16)

    def status(self):
        """`running`, `paused`, `shutdown`, …"""
        return self.command("query-status")["status"]
