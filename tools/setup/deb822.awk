# SPDX-License-Identifier: MIT
# From an apt source in deb822 format (sets of fields, divided by empty lines; a field may go on over several
# lines): the sources of release `name`, pointed at name-backports.

function finish() {
    if (active && types ~ /(^| )deb( |$)/ && (" " suites " ") ~ (" " name " ") && uri != "")
        printf "Types: deb\nURIs: %s\nSuites: %s-backports\n%s\n", uri, name, rest
    active = 1
    types = suites = uri = rest = field = ""
}

BEGIN { active = 1 }
END { finish() }

/^#/ { next }
/^[ \t]*$/ { finish(); next }
/^[ \t]/ { if (field == "rest") rest = rest $0 "\n"; next }

{
    value = $0
    sub(/^[^:]*:[ \t]*/, "", value)
    field = tolower($0)
    sub(/:.*/, "", field)
    if (field == "types") {
        types = value
    } else if (field == "suites") {
        suites = value
    } else if (field == "enabled") {
        active = value != "no"
    } else if (field == "uris") {
        split(value, uris, /[ \t]+/)
        if (uris[1] !~ /^cdrom:/)
            uri = uris[1]
    } else {
        rest = rest $0 "\n"
        field = "rest"
    }
}
