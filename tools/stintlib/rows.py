# SPDX-License-Identifier: MIT
"""A number that was measured, beside the one that was expected, and how far they may be apart."""
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Tolerance:
    text: str                                  # as tables and JSON say it
    accepts: Callable[[object, object], bool]  # expected, measured


EXACTLY = Tolerance("exactly", lambda expected, measured: measured == expected)
AT_MOST = Tolerance("at most", lambda expected, measured: measured <= expected)
AT_LEAST = Tolerance("at least", lambda expected, measured: measured >= expected)


def relative(percent):
    """So many percent of the expected value, to either side."""
    return Tolerance(f"±{percent:g} % of it",
                     lambda expected, measured: abs(measured - expected) <= abs(expected) * percent / 100)


def absolute(most):
    """So many of the row's own unit, to either side."""
    return Tolerance(f"±{most:g}", lambda expected, measured: abs(measured - expected) <= most)


@dataclass(frozen=True)
class Row:
    """name: one among those of its experiment; what: in a few words, for the table; expected, measured: numbers in
    `unit`, or texts, which must be equal."""
    name: str
    what: str
    unit: str
    expected: object
    measured: object
    tolerance: Tolerance = EXACTLY

    @property
    def ok(self):
        return bool(self.tolerance.accepts(self.expected, self.measured))

    def as_json(self, experiment):
        return {"name": f"{experiment}/{self.name}", "what": self.what, "unit": self.unit, "expected": self.expected,
                "measured": self.measured, "tolerance": self.tolerance.text, "ok": self.ok}


def show_number(value):
    """For tables: four digits of what is no whole number."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
