# SPDX-License-Identifier: MIT
"""How a submission is built and run: as an ordinary user, in namespaces of its own without a network, where the
teacher's tree cannot be seen, and within limits. It is made with the tools that every Debian has (util-linux)."""
import os
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache

from stintlib.errors import CannotRun
from stintlib.paths import ROOT

FIRST_USER, USERS = 61184, 4000    # ids that no account has
PROGRAMS = ("unshare", "setpriv", "prlimit")
MIB = 1 << 20
# Of one process; seconds of its own time, bytes.
RUN_LIMITS = {"cpu": 600, "as": 12288 * MIB, "fsize": 1024 * MIB, "nproc": 256, "core": 0}    # QEMU reserves much
BUILD_LIMITS = {"cpu": 20, "as": 1024 * MIB, "fsize": 64 * MIB, "nproc": 256, "core": 0}
# As root of its own namespaces: an empty folder over each that it must not see; then the user, who gets nothing back.
INSIDE = """
while [ "$1" != -- ]; do mount -t tmpfs -o size=4k,mode=0555 hidden "$1" || exit 125; shift; done; shift
exec "$@"
"""
# To be another user is to forget that one should die with one's parent: it is said again.
NOTHING_BACK = ("--no-new-privs", "--inh-caps=-all", "--bounding-set=-all", "--pdeathsig", "KILL")


@dataclass(frozen=True)
class Isolation:
    """words: what stands before a command that is to be kept in; limiter: what bounds it. user: whom its files must
    belong to; None: us."""
    words: tuple = ()
    limiter: tuple = ()
    user: int | None = None

    def wrap(self, command, limits=RUN_LIMITS):
        bounds = [f"--{name}={value}" for name, value in limits.items()]
        return [*self.words, *self.limiter, *(bounds + ["--"] if self.limiter else []), *map(str, command)]

    def give(self, path):
        """Makes all below the path the user's own, and nobody else's."""
        os.chmod(path, 0o700)
        if self.user is not None:
            for folder, _, names in os.walk(path):
                for name in [folder, *(os.path.join(folder, name) for name in names)]:
                    os.chown(name, self.user, self.user, follow_symlinks=False)


def isolation(hidden=()):
    """For a submission that nobody trusts. hidden: folders that it must not see, besides this tree."""
    hidden = tuple(str(path) for path in (ROOT, *hidden) if path.is_dir())
    user = FIRST_USER + os.getpid() % USERS if os.geteuid() == 0 else None
    who = ("--reuid", str(user), "--regid", str(user), "--clear-groups") if user is not None else ()
    own = () if user is not None else ("--user", "--map-root-user")
    words = ("unshare", *own, "--net", "--ipc", "--uts", "--pid", "--mount-proc", "--fork",
             "--kill-child", "--",
             "sh", "-c", INSIDE, "sh", *hidden, "--", "setpriv", *who, *NOTHING_BACK, "--")
    kept = Isolation(words, ("prlimit",), user)
    problem = why_not(tuple(kept.wrap(["true"])))
    if problem:
        raise CannotRun(f"this machine cannot keep a submission in ({problem}). As root, or where users may make "
                        "namespaces, it can; a container with neither grades with --unsafe, which runs the student's "
                        "code as you, with your rights")
    return kept


def none():
    """For code that one trusts, such as one's own: limits only."""
    return Isolation(limiter=("prlimit",) if shutil.which("prlimit") else ())


@lru_cache
def why_not(command):
    """Why it does not work here; None: it does. The command does nothing."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    if missing:
        return f"{missing[0]} is missing"
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, cwd="/")
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1] if done.returncode else None
