#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes a Debian machine ready for Stint. Plain sh: on a fresh machine there is nothing else.
#
#   setup.sh setup                  installs what is missing; silent when nothing is
#   setup.sh doctor                 says what is there and what is not
#   setup.sh newer A B              succeeds when version A is B or a later one
#   setup.sh backports DIR NAME     prints the apt source of NAME-backports, made from the sources in DIR (/etc/apt)
#
# Exit codes: 0, or 2 when something is missing and stays so.

BACKPORTS_FILE=/etc/apt/sources.list.d/stint-backports.sources
APT_OPTIONS="-o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 -o Acquire::http::Timeout=60"
LOG=build/setup.log

codename() {
    sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null | tr -d '"'
}

setup() {
    missing=$(missing_packages)
    [ -z "$missing" ] && return 0
    if ! command -v apt-get >/dev/null; then
        echo "Stint needs packages that are not here, and there is no apt-get to install them with."
        by_hand
        return 2
    fi
    if ! find_root; then
        echo "Stint needs packages that are not here. Only root may install them: you are not, and sudo does not help."
        by_hand
        return 2
    fi
    echo "Stint needs these packages and installs them now:" $missing
    install || return 2
    missing=$(missing_packages)
    if [ -n "$missing" ]; then
        echo "Still missing, or too old, after the installation:" $missing
        return 2
    fi
    echo "Everything is installed."
}

by_hand() {
    echo "Have these installed, and say make again:"
    printf '    %s\n' $missing
    case $(codename) in
    bookworm) echo "On Debian 12, qemu-system-riscv and opensbi are to come from bookworm-backports." ;;
    esac
    echo "Or use a container: the Dockerfile and .devcontainer/ in this tree have all of it."
}

# How to do what only root may; fails when there is no way.
find_root() {
    AS_ROOT=
    [ "$(id -u)" = 0 ] && return 0
    AS_ROOT=sudo
    command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }
}

# Debian 12's own QEMU starves harts, and its OpenSBI is older than that QEMU: both come from its backports.
from_backports() {
    [ "$(codename)" = bookworm ] && case $1 in qemu-system-riscv | opensbi) true ;; *) false ;; esac
}

install() {
    new= rest=
    for package in $missing; do
        if from_backports "$package"; then new="$new $package"; else rest="$rest $package"; fi
    done
    [ -z "$new" ] || has_backports || enable_backports || return 1
    mkdir -p build
    : >$LOG
    apt update || return 1
    # Before it had a package of its own, QEMU for RISC-V was in this one.
    apt-cache show qemu-system-riscv >/dev/null 2>&1 ||
        rest=$(echo "$rest" | sed 's/qemu-system-riscv/qemu-system-misc/')
    # Backports last: libraries that both need stay the release's own.
    [ -z "$rest" ] || apt install --no-install-recommends $rest || return 1
    [ -z "$new" ] || apt -t "$(codename)-backports" install --no-install-recommends $new
}

apt() {
    echo "+ apt-get $*" >>$LOG
    $AS_ROOT env DEBIAN_FRONTEND=noninteractive apt-get $APT_OPTIONS -y "$@" >>$LOG 2>&1 && return 0
    echo "apt-get $* failed. It said:"
    tail -n 15 $LOG | sed 's/^/    /'
    echo "(all of it: $LOG)"
    return 1
}

has_backports() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
        grep -v '^[[:space:]]*#' | grep -q "$(codename)-backports"
}

enable_backports() {
    if ! source=$(backports /etc/apt "$(codename)"); then
        echo "QEMU and OpenSBI must come from $(codename)-backports, and /etc/apt has no source of $(codename) to"
        echo "derive it from. Add a source for $(codename)-backports, and say make again."
        return 1
    fi
    echo "QEMU and OpenSBI come from $(codename)-backports. This is written to $BACKPORTS_FILE:"
    echo "$source" | sed 's/^/    /'
    echo "$source" | $AS_ROOT tee $BACKPORTS_FILE >/dev/null
}

# backports DIR NAME: fails when no source in DIR is of NAME. Of several the first is taken.
backports() {
    {
        for file in "$1"/sources.list.d/*.sources; do
            [ ! -e "$file" ] || awk -v name="$2" -f tools/setup/deb822.awk "$file"
        done
        for file in "$1"/sources.list "$1"/sources.list.d/*.list; do
            [ ! -e "$file" ] || awk -v name="$2" -f tools/setup/one-line.awk "$file"
        done
    } | awk '/^$/ { exit } { print; found = 1 } END { exit !found }'
}

cd "$(dirname "$0")/.." || exit 2
. tools/setup/needs.sh
case $1 in
setup | doctor) "$1" ;;
newer) newer "$2" "$3" ;;
backports) backports "$2" "$3" ;;
*) echo "setup.sh setup | doctor | newer A B | backports DIR NAME"; exit 2 ;;
esac
