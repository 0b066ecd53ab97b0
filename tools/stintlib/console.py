# SPDX-License-Identifier: MIT
"""What a person sees while a run goes on: the guests' console, and on a terminal a line that says how far it is."""
import sys
import time

BANNER_BEGINS = "OpenSBI"
BANNER_ENDS = "Boot HART MEDELEG"
PROGRESS_EVERY = 0.25    # seconds


class Console:
    """Shows a growing console log line by line, without the firmware's banner, and harmless to the terminal."""

    def __init__(self, path, out, progress):
        self.path, self.out, self.progress = path, out, progress
        self.offset = 0
        self.partial = b""
        self.banner = None     # not known yet whether there is one

    def pump(self, last=False):
        """Shows the lines that have come since; with `last` an unfinished one, too."""
        if not self.path.exists():
            return
        with open(self.path, "rb") as log:
            log.seek(self.offset)
            data = log.read()
        self.offset += len(data)
        *lines, self.partial = (self.partial + data).split(b"\n")
        if last and self.partial:
            lines.append(self.partial)
        for line in lines:
            self._line(clean(line))

    def _line(self, line):
        if self.banner is None:
            if not line.strip():
                return
            self.banner = line.startswith(BANNER_BEGINS)
        if self.banner:
            self.banner = not line.startswith(BANNER_ENDS)
        elif self.out:
            self.progress.clear()
            print(line, file=self.out, flush=True)


def clean(raw):
    text = raw.decode("utf-8", "replace").rstrip("\r")
    return "".join(c if c.isprintable() or c == "\t" else "?" for c in text)


def last_lines(path, count=12):
    """The end of a console log, for messages; of the firmware's banner only what is not known to have ended."""
    if not path.exists():
        return "(the console said nothing)"
    with open(path, "rb") as log:
        log.seek(max(0, path.stat().st_size - 16384))
        text = log.read()
    if BANNER_ENDS.encode() in text:
        text = text.split(BANNER_ENDS.encode(), 1)[1].partition(b"\n")[2]
    lines = [clean(line) for line in text.split(b"\n")]
    lines = [line for line in lines if line.strip()][-count:]
    return "\n".join(f"    {line}" for line in lines) or "(the console said nothing)"


class Progress:
    """A line that is written over and over, on stderr when that is a terminal."""

    def __init__(self, name, total_ns, wanted=True):
        self.name, self.total_ns = name, total_ns
        self.on = wanted and sys.stderr.isatty()
        self.began = time.monotonic()
        self.next = self.began + PROGRESS_EVERY
        self.shown = False

    def due(self):
        return self.on and time.monotonic() >= self.next

    def show(self, simulated_ns):
        now = time.monotonic()
        self.next = now + PROGRESS_EVERY
        of_total = f" of {self.total_ns / 1e9:.2f} s" if self.total_ns else " s"
        print(f"\r{self.name}: {simulated_ns / 1e9:.2f}{of_total} simulated in {now - self.began:.0f} s"
              " (Ctrl-C: report so far)\x1b[K", end="", file=sys.stderr, flush=True)
        self.shown = True

    def clear(self):
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self.shown = False
