# SPDX-License-Identifier: MIT
# What Stint needs of the machine, and whether it is there. Sourced by tools/setup.sh.

OLDEST_QEMU=8.1
OLDEST_OPENSBI=1.3
OLDEST_PYTHON=3.11
PYTHON=/usr/bin/python3
PYTHON_PACKAGES=/usr/lib/python3/dist-packages

# One a line: a word for it, its Debian package, what it is for.
needs() {
    cat <<END
riscv64-unknown-elf-gcc  gcc-riscv64-unknown-elf      compiles hypervisor and guests
riscv64-unknown-elf-ld   binutils-riscv64-unknown-elf links them
qemu-system-riscv64      qemu-system-riscv            is the machine ($OLDEST_QEMU or later)
opensbi                  opensbi                      is its firmware ($OLDEST_OPENSBI or later)
gdb-multiarch            gdb-multiarch                steps through guests and hypervisor
gcc                      gcc                          compiles the unit tests
libc-headers             libc6-dev                    for the unit tests
cmocka                   libcmocka-dev                runs the unit tests
python3                  python3                      runs the stint command ($OLDEST_PYTHON or later)
pytest                   python3-pytest               runs the system tests
xdist                    python3-pytest-xdist         runs them side by side
elftools                 python3-pyelftools           reads symbols of guest images
pexpect                  python3-pexpect              types at consoles in tests
matplotlib               python3-matplotlib           draws plots
clang-format-19          clang-format-19              checks the style: this very version, others differ
cppcheck                 cppcheck                     checks the code
END
}

# have WORD: it is there, and new enough.
have() {
    case $1 in
    qemu-system-riscv64) command -v "$1" >/dev/null && newer "$("$1" --version | version_in)" $OLDEST_QEMU ;;
    opensbi) have_opensbi ;;
    python3) [ -x $PYTHON ] && newer "$($PYTHON --version | version_in)" $OLDEST_PYTHON ;;
    libc-headers) [ -e /usr/include/stdio.h ] ;;
    cmocka) [ -e /usr/include/cmocka.h ] ;;
    pytest | xdist | elftools | pexpect | matplotlib) [ -d "$PYTHON_PACKAGES/$1" ] ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# A QEMU that was not packaged brings its own copy, whose version nobody knows.
have_opensbi() {
    packaged=$(dpkg-query -W -f '${Version}' opensbi 2>/dev/null)
    if [ -n "$packaged" ]; then
        newer "$packaged" $OLDEST_OPENSBI
    else
        [ -e /usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin ] ||
            [ -e /usr/local/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin ]
    fi
}

# version WORD PACKAGE: of what is there, new enough or not; nothing when it is not there.
version() {
    case $1 in
    libc-headers | opensbi | cmocka | pytest | xdist | elftools | pexpect | matplotlib)
        dpkg-query -W -f '${Version}' "$2" 2>/dev/null
        ;;
    python3) [ ! -x $PYTHON ] || $PYTHON --version | version_in ;;
    *) ! command -v "$1" >/dev/null || "$1" --version 2>/dev/null | version_in ;;
    esac
}

# The first thing on stdin that looks like a version.
version_in() {
    grep -o '[0-9][0-9]*\.[0-9][0-9.]*' | head -n 1
}

# newer A B: version A is B or a later one.
newer() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

missing_packages() {
    needs | while read -r what package purpose; do
        have "$what" || echo "$package"
    done
}

doctor() {
    needs | {
        status=0
        while read -r what package purpose; do
            found=$(version "$what" "$package")
            if have "$what"; then
                printf '%-8s %-24s %-20s %s\n' ok "$what" "${found:-yes}" "$purpose"
            else
                word=missing
                [ -n "$found" ] && word='too old'
                printf '%-8s %-24s %-20s %s: package %s\n' "$word" "$what" "${found:--}" "$purpose" "$package"
                status=2
            fi
        done
        exit $status
    } && echo "All that Stint needs is here." && return 0
    echo "'make setup' installs what is missing, on Debian 12 and 13, as root or with sudo."
    echo "On other systems, or without root: the Dockerfile and .devcontainer/ in this tree have all of it."
    return 2
}
