#!/usr/bin/env bash
# The calculator's client against the real server: by a pipe, and by a terminal (script(1)).
#     calc_test.sh SOCGI PLUGIN-FOLDER SOCGI-CALC
set -uo pipefail
socgi=$1 plugins=$2 calc=$3
work=$(mktemp -d)
finish() {
    [[ ${server:-} ]] && kill "$server" 2>/dev/null && wait "$server"
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
mkdir "$work/plugins"
cp "$plugins/calc.so" "$work/plugins"
RUNTIME_DIRECTORY=$work ASAN_OPTIONS=detect_leaks=0 "$socgi" -l 127.0.0.1:0 -w 1 -s "access_log=$work/access" "$work/plugins" \
    >"$work/log" 2>&1 </dev/null &
server=$!
for ((tries = 1800; tries > 0; tries--)); do
    grep -q ' ready: ' "$work/log" && break
    sleep 0.1
done
port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/log")
failures=0 checks=0

# expect STATUS OUTPUT ERRORS LINES: what the client prints of a pipe's lines (globs).
expect() {
    local status=$1 output=$2 errors=$3 got
    got=$(printf '%b' "$4" | no_proxy='*' "$calc" "http://127.0.0.1:$port" 2>"$work/errors")
    local result=$?
    checks=$((checks + 1))
    # shellcheck disable=SC2053
    if [[ $result != "$status" || $got != $output || $(cat "$work/errors") != $errors ]]; then
        printf 'FAILED: %s\n  status %s, output %s, errors %s\n' "$4" "$result" "$got" "$(cat "$work/errors")"
        failures=$((failures + 1))
    fi
}
expect 0 $'3\n2\n42\n0.333333333333333*rounded?' '' 'add 1 2\nsub 5 3\nmul 6 7\ndiv 1 3\n'
expect 0 0.3 '' '  0.1+0.2  \n\n'
expect 0 '' '' 'quit\n1+1\n'
expect 0 '*An operation:*' '' 'help\n'
expect 1 4 '*division by zero*' '1/0\n2+2\n'
expect 1 '' '*expected two numbers, as in: add 6 3*' 'add 1\n'
expect 1 '' '400*' '1 +\n'
expect 0 '0.5' '' '1/2' # no line end
port=1
expect 1 '' '*http://127.0.0.1:1 does not answer: *' '1+1\n'
"$calc" --help | grep -q '^Usage: socgi-calc' || failures=$((failures + 1))
"$calc" a b 2>/dev/null
[[ $? == 2 ]] || failures=$((failures + 1))

# One connection for all lines.
checks=$((checks + 1))
(($(wc -l < "$work/access") >= 8)) || { echo 'FAILED: the access log is short'; failures=$((failures + 1)); }

# In a terminal it prompts.
port=$(sed -n 's/.*listening on 127\.0\.0\.1:\([0-9]*\).*/\1/p' "$work/log")
checks=$((checks + 1))
talk=$(printf '6*7\nquit\n' | TERM=dumb no_proxy='*' script -qec "$calc http://127.0.0.1:$port" /dev/null)
[[ $talk == *'calc> '*42* ]] || { printf 'FAILED: in a terminal: %s\n' "$talk"; failures=$((failures + 1)); }

echo "$checks checks, $failures failures"
((failures == 0 && checks > 8))
