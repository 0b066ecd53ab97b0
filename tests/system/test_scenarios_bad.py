# SPDX-License-Identifier: MIT
"""Wrong scenarios (tests/scenarios/bad): refused with the line and what would be right, and nothing is
started. Each file's first line says what is expected, from its beginning on: `# expect: LINE: message` (`#
expect-machine:` where it takes the machine, not just the text, to see it)."""
import pytest

from harness import ROOT, stint

FILES = sorted((ROOT / "tests" / "scenarios" / "bad").glob("*.conf"))


# What the command finds out itself, before the hypervisor reads the text.
BY_THE_COMMAND = {"guest-name-too-long": "3: guest image 'xxxxxxxx"}
# The simulator has room for more.
LIMITS = ("pcpus-", "topology-", "vcpus-too-many-in-all")
EVERY = 8    # of the others, one in so many


def expected(path):
    """FILE:LINE: message, as the command prints it."""
    first = path.read_bytes().split(b"\n", 1)[0].decode()
    head, words = first.split(": ", 1)
    assert head in ("# expect", "# expect-machine")
    return f"{path.name}:{BY_THE_COMMAND.get(path.stem, words)}"


def needs_machine(path):
    return (path.read_bytes().startswith(b"# expect-machine") or path.stem in BY_THE_COMMAND or
            path.stem.startswith(LIMITS))


def commands():
    """The same code reads the text on the machine and in the simulator, which is quick."""
    for number, path in enumerate(FILES):
        machine = needs_machine(path)
        if not machine:
            yield pytest.param("sim", path, id=f"sim-{path.stem}")
        yield pytest.param("run", path, id=f"run-{path.stem}",
                           marks=[] if machine or number % EVERY == 0 else [pytest.mark.long])


@pytest.mark.parametrize("command, path", commands())
def test_refused(tmp_path, command, path):
    done = stint(command, path, "--json", tmp_path / "report.json", "--scratch", tmp_path / "machine", "--quiet")
    assert done.stderr.startswith(f"stint: {expected(path)}")
    assert done.returncode == 2
    assert done.stdout == ""
    assert not (tmp_path / "report.json").exists()


def test_there_are_enough():
    assert len(FILES) >= 25
