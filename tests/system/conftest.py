# SPDX-License-Identifier: MIT
"""Fixtures of the system tests."""
import signal

import pytest

from harness import run_scenario

# In a shell's background it is ignored, and would be by all that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def run(tmp_path):
    """run(scenario, *options, expect=0): runs it in a directory of its own."""
    count = 0

    def start(text, *options, **keys):
        nonlocal count
        count += 1
        return run_scenario(tmp_path / f"run{count}", text, *options, **keys)

    return start


@pytest.fixture(scope="module")
def run_once(tmp_path_factory):
    """As run, for a result that the tests of a module share: the same scenario runs only once."""
    done = {}

    def start(text, *options, **keys):
        key = (text, options)
        if key not in done:
            done[key] = run_scenario(tmp_path_factory.mktemp("run"), text, *options, **keys)
        return done[key]

    return start
