# SPDX-License-Identifier: MIT
"""Wrong scenarios (tests/scenarios/bad): refused with the line and what would be right, and nothing is
started. Each file's first line says what is expected, from its beginning on: `# expect: LINE: message` (`#
expect-machine:` where it takes the machine, not just the text, to see it)."""
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import ROOT, stint

FILES = sorted((ROOT / "tests" / "scenarios" / "bad").glob("*.conf"))


# What the command finds out itself, before the hypervisor reads the text.
BY_THE_COMMAND = {"guest-name-too-long": "3: guest image 'xxxxxxxx"}


def expected(path):
    """FILE:LINE: message, as the command prints it."""
    first = path.read_bytes().split(b"\n", 1)[0].decode()
    head, words = first.split(": ", 1)
    assert head in ("# expect", "# expect-machine")
    return f"{path.name}:{BY_THE_COMMAND.get(path.stem, words)}"


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """What became of each file; the runs are short, and two of them run at a time."""
    def attempt(path):
        folder = tmp_path_factory.mktemp(path.stem)
        report, scratch = folder / "report.json", folder / "machine"
        return path, stint("run", path, "--json", report, "--scratch", scratch, "--quiet"), folder

    with ThreadPoolExecutor(2) as pool:
        return {path: (done, folder) for path, done, folder in pool.map(attempt, FILES)}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_refused(refused, path):
    done, folder = refused[path]
    assert done.stderr.startswith(f"stint: {expected(path)}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert not (folder / "report.json").exists()


def test_there_are_enough():
    assert len(FILES) >= 25
