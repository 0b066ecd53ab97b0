# SPDX-License-Identifier: MIT
"""What must be installed: tools/setup.sh knows it, and needs no Python for that."""
import os

from stintlib.paths import ROOT


def doctor(_):
    """Says what is installed, what is missing, and how to get it."""
    become("doctor")


def setup(_):
    """Installs what is missing; says first what that is."""
    become("setup")


def become(action):
    os.execv("/bin/sh", ["sh", str(ROOT / "tools" / "setup.sh"), action])
