# SPDX-License-Identifier: MIT
"""The three ways a command ends, as exit codes."""

OK = 0
NO = 1           # it ran, and the answer is no: a VM crashed
COULD_NOT = 2    # it could not run, and the message says why


class CannotRun(Exception):
    """The command could not do its work. The text is for the user: what was found, what would be right."""
