# SPDX-License-Identifier: MIT
"""From a guest's time to the host's, by the htimedeltas that the hypervisor recorded (guest = host + htimedelta)."""
from bisect import bisect_right

WRAP = 1 << 64


def signed(number):
    """htimedelta is a two's complement number of 64 bits."""
    return number - WRAP if number >> 63 else number


class GuestClock:
    """changes: (host time, htimedelta) in order of time. `final`: what it was in the end, for when none is known."""

    def __init__(self, changes, final):
        self.deltas = [signed(delta) for _, delta in changes] or [signed(final)]
        self.begins = []    # guest time at which each delta came into force; never decreasing
        for (host, _), delta in zip(changes, self.deltas):
            self.begins.append(max(host + delta, self.begins[-1] if self.begins else host + delta))

    def to_host(self, guest):
        """The host time at which the guest's clock showed this; the latest, should it have stood still there."""
        return guest - self.deltas[max(bisect_right(self.begins, guest) - 1, 0)]
