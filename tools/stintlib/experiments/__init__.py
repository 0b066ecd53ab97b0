# SPDX-License-Identifier: MIT
"""Experiments: what is expected of the machine, and what it does. One module each in this package, found by being here:

    NAME  = "shares"            # short, and no other has it
    ABOUT = "One line: what it shows."
    LONG  = True                # if it takes more than some seconds: then it is left to `make test-long`

    def run(lab):               # stintlib.lab.Lab
        return [Row("two", "share of VM a beside its equal", "%", 50, lab.run("thief").share("a"), relative(3))]

docs/experiments/NAME.md explains it, with a table that is made from a run ('make experiments-docs').
"""
from importlib import import_module
from pkgutil import iter_modules

from stintlib.lab import hogs, top, vm
from stintlib.rows import AT_LEAST, AT_MOST, EXACTLY, Row, absolute, relative

__all__ = ["AT_LEAST", "AT_MOST", "EXACTLY", "Row", "absolute", "all_experiments", "hogs", "relative", "top", "vm"]


def all_experiments():
    """All modules by NAME, in the order of their names."""
    modules = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    return {module.NAME: module for module in sorted(modules, key=lambda module: module.NAME)}
