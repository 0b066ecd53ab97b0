# SPDX-License-Identifier: MIT
"""Whether two runs went the same way, and where they first parted."""
from itertools import zip_longest

from stintlib import layout
from stintlib.course.several import name_of
from stintlib.history import History

WORDS = {number: name for name, number in layout.EVENTS.items()}


def first_difference(one, other):
    """Of two traces, by the hypervisor's events: in words; None: there is none."""
    found = []
    for pcpu, rings in enumerate(zip(one.of("pcpu"), other.of("pcpu"))):
        pair = at_parting(*rings)
        if pair:
            found.append((min(event.time for event in pair if event), pcpu, pair))
    if not found:
        return None
    time, pcpu, pair = min(found, key=lambda part: part[:2])
    histories = History(one), History(other)
    at = (time - histories[0].start) * histories[0].ns / 1e6
    first, second = (told(history, event) for history, event in zip(histories, pair))
    return f"pCPU {pcpu}, {at:.3f} ms: {first} the first time, {second} the second"


def at_parting(one, other):
    """The first pair of events that differ, None for one where a ring has ended; None: all are the same."""
    return next(((a, b) for a, b in zip_longest(one.events(), other.events()) if a != b), None)


def told(history, event):
    if event is None:
        return "nothing more"
    who = f" of {name_of(history, event.vcpu)}" if event.vcpu < len(history.vcpus) else ""
    return f"'{WORDS.get(event.type, 'something')}'{who}"
