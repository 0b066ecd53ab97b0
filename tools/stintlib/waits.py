# SPDX-License-Identifier: MIT
"""How long VCPUs waited, from the history of a run. A wait lasts from when a VCPU could run, or was stopped though it
could go on, to when it runs; being parked is waiting, too. One that the run's end cuts off counts as far as it got."""
from math import ceil

WAITING = ("runnable", "parked")


def waits(history, vcpu):
    """The lengths of all waits of a VCPU (its number among all), in ns, in the order of time."""
    found, before = [], None
    for span in history.vcpus[vcpu].spans:
        if span.what in WAITING:
            length = (span.end - span.begin) * history.ns
            if before in WAITING:
                found[-1] += length
            else:
                found.append(length)
        before = span.what
    return found


def vm_waits(history, number):
    """Those of all VCPUs of a VM (its number)."""
    return [wait for vcpu in history.vm_vcpus(number) for wait in waits(history, vcpu)]


def percentile(values, percent):
    """The least value that so many percent of all do not exceed; 0 when there are none."""
    ordered = sorted(values)
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1] if ordered else 0


def mean(values):
    return sum(values) / len(values) if values else 0
