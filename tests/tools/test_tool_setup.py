# SPDX-License-Identifier: MIT
"""tools/setup.sh, as far as it goes without installing anything, and what the tool knows of QEMU."""
import os
import subprocess

import pytest

from stintlib.paths import ROOT
from stintlib.qemu import Machine, command_line, parse_version

SETUP = ROOT / "tools" / "setup.sh"
DEB822 = """\
# Modernized
Types: deb deb-src
URIs: http://mirror.example/debian http://other.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
"""


def setup(*arguments, path=None):
    environment = {**os.environ, "PATH": path} if path else None
    return subprocess.run(["/bin/sh", SETUP, *arguments], capture_output=True, text=True, check=False, timeout=60,
                          env=environment)


def backports(folder, files, name="bookworm"):
    (folder / "sources.list.d").mkdir()
    for path, text in files.items():
        (folder / path).write_text(text)
    return setup("backports", folder, name)


def test_source_from_deb822(tmp_path):
    done = backports(tmp_path, {"sources.list.d/debian.sources": DEB822})
    assert done.returncode == 0 and done.stdout == (
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main contrib\n"
        "Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n")


@pytest.mark.parametrize("line, expected", [
    ("deb http://mirror.example/debian bookworm main # ours", "URIs: http://mirror.example/debian\n"
     "Suites: bookworm-backports\nComponents: main\n"),
    ("deb [signed-by=/k.gpg arch=amd64,riscv64 trusted=yes]  https://m.example/debian/ bookworm main non-free",
     "URIs: https://m.example/debian/\nSuites: bookworm-backports\nComponents: main non-free\nSigned-By: /k.gpg\n"
     "Architectures: amd64 riscv64\nTrusted: yes\n")])
def test_source_from_one_line(tmp_path, line, expected):
    text = ("# deb http://commented.example/debian bookworm main\ndeb-src http://s.example/debian bookworm main\n"
            "deb cdrom:[Debian 12]/ bookworm main\ndeb http://sec.example/debian-security bookworm-security main\n"
            f"{line}\ndeb http://later.example/debian bookworm main\n")
    done = backports(tmp_path, {"sources.list": text})
    assert done.returncode == 0 and done.stdout == "Types: deb\n" + expected


@pytest.mark.parametrize("text", ["", DEB822.replace("Types: deb deb-src", "Types: deb-src"),
                                  DEB822.replace("# Modernized", "Enabled: no"), DEB822.replace("bookworm", "trixie"),
                                  DEB822.replace("http://mirror.example/debian http:", "cdrom:[x] http:")])
def test_no_source_to_take_it_from(tmp_path, text):
    done = backports(tmp_path, {"sources.list.d/debian.sources": text})
    assert done.returncode != 0 and done.stdout == ""


def test_disabled_stanza_does_not_hide_the_next(tmp_path):
    text = DEB822.replace("# Modernized", "Enabled: no") + "\n" + DEB822.replace("mirror", "second")
    done = backports(tmp_path, {"sources.list.d/debian.sources": text})
    assert "URIs: http://second.example/debian\n" in done.stdout


@pytest.mark.parametrize("version, oldest, is_newer", [
    ("10.0.2", "8.1", True), ("8.1", "8.1", True), ("8.1.0", "8.1", True), ("8.0.5", "8.1", False),
    ("7.2.1", "8.1", False),
    ("1.5.1-1~bpo12+2", "1.3", True), ("1.1-2", "1.3", False), ("", "8.1", False), ("3.13.5", "3.11", True)])
def test_newer(version, oldest, is_newer):
    assert (setup("newer", version, oldest).returncode == 0) is is_newer


def fake_path(folder, without=(), **programs):
    """A PATH with nothing but sh's helpers and the given programs' outputs."""
    for name in ("sed", "tr", "grep", "head", "sort", "awk", "cat", "id", "dirname", "dpkg-query", "tail", "mkdir"):
        if name not in without:
            (folder / name).symlink_to(f"/usr/bin/{name}")
    for name, output in programs.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\necho '{output}'\n")
        path.chmod(0o755)
    return str(folder)


def test_doctor_names_what_is_missing_and_what_is_too_old(tmp_path):
    path = fake_path(tmp_path, qemu_system_riscv64="QEMU emulator version 7.2.17 (Debian 1:7.2+dfsg-7)",
                     gcc="gcc (Debian 12.2.0-14) 12.2.0")
    done = setup("doctor", path=path)
    assert done.returncode == 2
    assert "too old  qemu-system-riscv64      7.2.17 " in done.stdout
    assert "missing  riscv64-unknown-elf-gcc  - " in done.stdout and "package gcc-riscv64-unknown-elf" in done.stdout
    assert "ok       gcc                      12.2.0 " in done.stdout and "Dockerfile" in done.stdout


def test_setup_without_apt_lists_and_stops(tmp_path):
    done = setup("setup", path=fake_path(tmp_path))
    assert done.returncode == 2 and "no apt-get" in done.stdout
    assert "    qemu-system-riscv\n" in done.stdout and "Dockerfile" in done.stdout


def test_setup_without_root_lists_and_stops(tmp_path):
    done = setup("setup", path=fake_path(tmp_path, without=["id"], apt_get="never", id="1000"))
    assert done.returncode == 2 and "only root" in done.stdout.lower() and "    gdb-multiarch\n" in done.stdout


def test_usage():
    done = setup("other")
    assert done.returncode == 2 and "setup.sh setup | doctor" in done.stdout


@pytest.mark.parametrize("text, version", [("QEMU emulator version 10.0.2 (Debian 1:10.0.2)", (10, 0)),
                                           ("QEMU emulator version 8.1.0", (8, 1)),
                                           ("QEMU emulator version 7.2.17", (7, 2)),
                                           ("", None), ("something else", None)])
def test_version_of_qemu(text, version):
    assert parse_version(text) == version


def test_a_deterministic_machine_and_another():
    line = " ".join(command_line(Machine("k.elf", 2, 256 << 20, append="time=1s", initrd="initrd", shift=3)))
    for part in ("-icount shift=3,sleep=off", "-rtc clock=vm", "-seed 1", "-smp 2",
                 "mem-path=ram,size=268435456,share=on"):
        assert part in line
    line = " ".join(command_line(Machine("k.elf", 2, 256 << 20, realtime=True), serial_fd=9))
    assert "-icount" not in line and "thread=multi" in line and "fd=9" in line
