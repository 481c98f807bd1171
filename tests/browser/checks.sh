# What the tests in a browser share: a folder in $work, a server in $server, and checks that are counted. Sourced.
# shellcheck shell=bash
# shellcheck source=webdriver.sh
. "$(dirname "${BASH_SOURCE[0]}")/webdriver.sh"

for tool in chromedriver chromium curl jq; do
    command -v "$tool" >/dev/null || { echo "FAILED: this needs $tool; script/test installs it"; exit 1; }
done
work=$(mktemp -d)
failures=0 checks=0
finish() {
    browser_end
    [[ ${server:-} ]] && kill -INT "$server" 2>/dev/null && wait "$server"
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}

# Waits until what COMMAND prints matches PATTERN (a whole-text glob).
await() { # WHAT PATTERN COMMAND...
    local what=$1 pattern=$2 got=
    shift 2
    checks=$((checks + 1))
    for ((tries = 1800; tries > 0; tries--)); do
        got=$("$@" 2>"$work/error")
        # shellcheck disable=SC2053
        [[ $got == $pattern ]] && return 0
        sleep 0.1
    done
    fail "$what: expected $pattern, got $got $(cat "$work/error")"
}

# Clicks, which must be possible.
press() { # SELECTOR
    checks=$((checks + 1))
    element_click "$1" || fail "$1 cannot be clicked"
}

# Waits until PATTERN (sed's, with one group) is in the log of the server; the first match is in $port.
port_await() { # LOG PATTERN
    for ((tries = 1800; tries > 0; tries--)); do
        port=$(sed -n "s/.*$2.*/\\1/p" "$1" 2>/dev/null | head -1)
        [[ $port ]] && grep -q ' ready: ' "$1" && return
        sleep 0.1
    done
    echo "the server did not start:"
    cat "$1"
    exit 1
}

server_end() {
    kill -INT "$server"
    wait "$server" || fail "the server ended with status $?"
    server=
    checks=$((checks + 1))
    ! grep -nE '] incident|Sanitizer|runtime error' "$work/log" || fail "alarms in the server's log"
}
