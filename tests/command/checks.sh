# What the tests of the commands share: the program in $socgi, and checks that are counted. Sourced.
# shellcheck shell=bash disable=SC2154
failures=0 checks=0

fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}

# expect STATUS PATTERN ARGUMENTS...: the program's status, and a line of what it prints that matches.
expect() {
    local status=$1 pattern=$2 output got
    shift 2
    output=$("$socgi" "$@" 2>&1 </dev/null)
    got=$?
    checks=$((checks + 1))
    [[ $got == "$status" ]] && grep -qE -- "$pattern" <<< "$output" ||
        fail "socgi $*: expected status $status and /$pattern/, got $got: $output"
}

# The last line of a test: its status is that of all checks, of which there were more than LEAST.
checks_end() { # LEAST
    echo "$checks checks, $failures failures"
    ((failures == 0 && checks > $1))
}
