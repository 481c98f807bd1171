#!/usr/bin/env bash
# The command line and the configuration file, by the real program: what is accepted, what is refused, with which status
# and which words. Nothing is started.
#     command_test.sh SOCGI SOURCE-FOLDER
set -uo pipefail
socgi=$1 source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/plugins"
failures=0 checks=0

# expect STATUS PATTERN ARGUMENTS...: the status, and a line of the output that matches.
expect() {
    local status=$1 pattern=$2 output got
    shift 2
    output=$("$socgi" "$@" 2>&1 </dev/null)
    got=$?
    checks=$((checks + 1))
    if [[ $got != "$status" ]] || ! grep -qE -- "$pattern" <<< "$output"; then
        printf 'FAILED: socgi %s\n  expected status %s and /%s/\n  got %s: %s\n' "$*" "$status" "$pattern" "$got" "$output"
        failures=$((failures + 1))
    fi
}
conf() { printf '%s\n' "$@" > "$work/c"; }

expect 0 '^Usage: socgi' --help
expect 0 '^socgi [0-9.]+, plugin ABI 1\.0' --version
(($("$socgi" --help | wc -l) <= 24)) || { echo "FAILED: --help does not fit a screen"; failures=$((failures + 1)); }
(($("$socgi" --help | awk '{ print length }' | sort -n | tail -1) <= 80)) || { echo "FAILED: --help is too wide"; failures=$((failures + 1)); }

expect 2 "Try 'socgi --help'" --frobnicate
expect 2 'expected one plugin folder' check "$work/plugins" more
expect 1 'no option "wrokers"' check -s wrokers=3
expect 2 'expected NAME=VALUE' check -s workers
expect 1 '--set: workers: found "many", expected a number, 1 to 1024' check -s workers=many
expect 1 '--workers: workers: found "0"' check -w 0
expect 1 'found "12e4"' check -s body_limit=12e4
expect 1 'found "18446744073709551616"' check -s body_limit=18446744073709551616
expect 1 'expected a time in seconds' check -s idle_timeout=fast
expect 1 'expected error, warning, notice' check -s log_level=loud
expect 1 '--listen: found "127.0.0.1"' check -l 127.0.0.1
expect 1 '--listen: found "h:99999"' check -l h:99999
expect 1 '--listen: found "::1:80"' check -l ::1:80
expect 2 'expected PLUGIN.NAME=VALUE' check -o root=/x
expect 1 'plugin_folder: found "/no/such/folder", expected a folder: No such file' check /no/such/folder
expect 1 'request_line_limit: found 65536, expected at most head_limit' check -s request_line_limit=64K "$work/plugins"
expect 1 '/no/such/file: cannot be read: No such file' check -c /no/such/file
expect 0 'configuration: ok' check -l '[::1]:0' -l :0 -l unix:/tmp/x -o file.root=/x -s idle_timeout=500ms "$work/plugins"

expect 0 'socgi.conf: ok' check -c "$source/core/config/socgi.conf" "$work/plugins"
conf 'workers = 2' '# a comment' 'idle_timeout = 5m' 'plugin_folder = "plugins"' 'listen = {"127.0.0.1:0", "[::1]:0"}' \
    'plugin "file" { timeout = 3s options { root = "/x" listing = "true" } }'
expect 0 'c: ok' check -c "$work/c"
conf 'workers = 2' '' 'workers = many'
expect 1 "c:3: workers: found \"many\", expected a number, 1 to 1024" check -c "$work/c"
conf 'wrokers = 2'
expect 1 "c:1: .*wrokers" check -c "$work/c"
conf 'listen = {"nowhere"}'
expect 1 'c:1: listen: found "nowhere", expected HOST:PORT' check -c "$work/c"
conf '' 'plugin "x" {' '  timeout = soon' '}'
expect 1 'c:3: timeout: found "soon", expected a time' check -c "$work/c"
conf 'plugin "x" { timeout = 1s'
expect 1 'c:[0-9]+: found the end of the file, expected }' check -c "$work/c"
conf 'plugin "x" { options { a = b'
expect 1 'c:[0-9]+: found the end of the file, expected }' check -c "$work/c"
conf 'plugin "x" { }' 'plugin "x" { }'
expect 1 'c:2: ' check -c "$work/c"
conf 'workers ='
expect 1 'c:[0-9]+: ' check -c "$work/c"

# The texts for people name every option that there is.
for option in $(sed -n 's/^    {"\([a-z_]*\)", SETTING_.*AT(.*/\1/p' "$source/core/config/schema.c") listen; do
    for text in core/config/socgi.conf core/man/socgi.conf.5 README.md; do
        checks=$((checks + 1))
        grep -qw "$option" "$source/$text" || { echo "FAILED: $text does not name $option"; failures=$((failures + 1)); }
    done
done

echo "$checks checks, $failures failures"
((failures == 0 && checks > 60))
