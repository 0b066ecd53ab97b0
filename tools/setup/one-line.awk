# SPDX-License-Identifier: MIT
# From an apt source in the one-line format (deb [option=value ...] URI suite component ...): the sources of
# release `name`, pointed at name-backports and in deb822 format.

function print_option(text) {
    value = text
    sub(/^[^=]*=/, "", value)
    gsub(/,/, " ", value)
    if (text ~ /^signed-by=/) print "Signed-By: " value
    if (text ~ /^trusted=/) print "Trusted: " value
    if (text ~ /^arch=/) print "Architectures: " value
}

$1 == "deb" {
    sub(/#.*/, "")
    options = ""
    if (match($0, /\[[^]]*\]/)) {
        options = substr($0, RSTART + 1, RLENGTH - 2)
        $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
    }
    if ($3 != name || $2 ~ /^cdrom:/)
        next
    printf "Types: deb\nURIs: %s\nSuites: %s-backports\nComponents:", $2, name
    for (n = 4; n <= NF; n++)
        printf " %s", $n
    print ""
    count = split(options, option, /[ \t]+/)
    for (n = 1; n <= count; n++)
        print_option(option[n])
    print ""
}
