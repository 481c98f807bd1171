#!/usr/bin/env bash
# The command line and the configuration file, by the real program: what is accepted, what is refused, with which status
# and which words. Nothing is started.
#     command_test.sh SOCGI SOURCE-FOLDER PLUGIN-THAT-NEEDS-NOTHING PLUGIN-WITH-OPTIONS
set -uo pipefail
socgi=$1 source=$2 needy=$3 options=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/plugins"
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

conf() { printf '%s\n' "$@" > "$work/c"; }

# Every command helps within a terminal's 80 columns and 24 lines; help that could not be written is none.
for command in '' new dev build check status reload upgrade reopen stop purge replay; do
    # shellcheck disable=SC2086
    expect 0 '^Usage: socgi' $command --help
    # shellcheck disable=SC2086
    help=$("$socgi" $command --help)
    (($(wc -l <<< "$help") <= 24 && $(wc -L <<< "$help") <= 80)) || fail "$command --help does not fit a terminal"
    # shellcheck disable=SC2086
    "$socgi" $command --help > /dev/full && fail "$command --help on a full disk"
done
expect 0 '^socgi [0-9.]+, plugin ABI 1\.[0-9]+, built with (gcc|Clang) [0-9]' --version

expect 2 "Try 'socgi --help'" --frobnicate
expect 2 'socgi reload: found --json, which is of another command' reload --json
expect 2 'socgi upgrade: found --now' upgrade --now
expect 2 'socgi status: found --now' status --now
expect 2 'socgi purge: expected one of PATH' purge
expect 2 'socgi purge: expected one of PATH' purge --all /a
expect 2 'socgi purge: found "a", expected a path' purge a
expect 2 'socgi purge: --plugin: found "a/b", expected letters' purge --plugin a/b
conf 'plugin "p" { cache = on }'
expect 1 'plugin p: cache: found "on", expected off, for cache_memory is 0' check -c "$work/c"
expect 1 'cache_entry: found "1048576", expected at most cache_memory, which is 1024' check -s cache_memory=1K
expect 2 'expected one plugin folder' check "$work/plugins" more
expect 1 'no option "wrokers"' check -s wrokers=3
expect 2 'expected NAME=VALUE' check -s workers
expect 2 "Try 'socgi --help'" check -s workers
expect 2 "Try 'socgi --help'" check -o root=/x
expect 2 "Try 'socgi --help'" check -c
expect 2 'found "a/b", expected a plugin.s name' check -o a/b.c=d
expect 1 '--set: listen: found "nowhere", expected HOST:PORT' check -s listen=nowhere
expect 0 '^  handler_timeout +30s +longest run' --set help
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
expect 1 'request_line_limit: found "65536", expected at most head_limit' check -s request_line_limit=64K "$work/plugins"
expect 1 '/no/such/file: cannot be read: No such file' check -c /no/such/file
expect 0 'configuration: ok' check -l '[::1]:0' -l :0 -l unix:/tmp/x -o file.root=/x -s idle_timeout=500ms "$work/plugins"
expect 0 'pool main: sandbox [a-z]' check "$work/plugins"
expect 0 'pool main: sandbox off' check -s sandbox=off "$work/plugins"
expect 0 'pool main: sandbox .*, needs "read:/srv write:/tmp"' check -s 'needs=read:/srv write:/tmp' "$work/plugins"
expect 0 'pool main: sandbox .*, trust none, needs ""' check -s trust=none "$work/plugins"
expect 1 'sandbox: found "maybe", expected on, off or required' check -s sandbox=maybe "$work/plugins"
expect 1 'needs: found "read:srv", expected all, or words as read:/PATH' check -s needs=read:srv "$work/plugins"
expect 1 'trust: found "some", expected full or none' check -s trust=some "$work/plugins"
expect 1 'pool main: needs: found "read:/srv", expected all, for sandbox is off' check -s sandbox=off -s needs=read:/srv "$work/plugins"
expect 1 'pool main: trust: found "none", expected full, for sandbox is off' check -s sandbox=off -s trust=none "$work/plugins"

# What plugins need stands in their files, and their sections may not ask for more.
mkdir "$work/needy"
cp "$needy" "$work/needy/needy_none.so"
echo text > "$work/needy/other.so"
expect 0 '^plugin needy_none.so: pool main, needs ""$' check "$work/needy"
expect 0 '^plugin other.so: pool main, needs not said: it may what its user may$' check "$work/needy"
expect 0 '^plugin other.so: pool main, needs "read:/srv"$' check -s needs=read:/srv "$work/needy"
conf '' 'plugin "needy_none" {' '  needs = "read:/srv"' '}'
expect 1 'c:3: plugin needy_none: needs: found "read:/srv", expected what its manifest has, which is "", or allow_wider = on$' check -c "$work/c" "$work/needy"
expect 0 'configuration|c: ok' check -c "$work/c" "$work/plugins"
conf 'plugin "needy_none" {' ' needs = "read:/srv"' 'allow_wider = yes' '}' 'plugin "other" { needs = "read:/srv" }'
expect 0 '^plugin needy_none.so: pool main, needs "read:/srv"$' check -c "$work/c" "$work/needy"
expect 0 '^plugin other.so: pool main, needs "read:/srv"$' check -c "$work/c" "$work/needy"
conf 'plugin "x" { needs = "read:@root" }'
expect 1 'c:1: needs: found "read:@root", expected all, or words' check -c "$work/c" "$work/needy"

# Options that a plugin does not declare, and sections without a plugin.
cp "$options" "$work/needy/options.so"
conf 'plugin "options" {' '  # what follows is "colour = x"' '  options {' '    size = "{ colour = 1 }"' "    colour = 'red'" '  }' '}'
expect 1 'c:5: plugin options: option: found "colour", expected one that it declares: color, size; the nearest is color$' check -c "$work/c" "$work/needy"
expect 1 '^--option: plugin options: option: found "sizes", expected .*; the nearest is size$' check -o options.sizes=1 "$work/needy"
conf 'plugin needy_none { options {' 'x = 1 } }'
expect 1 'c:2: plugin needy_none: option: found "x", expected (one that it declares|none, for it declares none)' check -c "$work/c" "$work/needy"
conf 'workers = 2' 'plugin "optoins" {' '  options { color = red } }'
expect 0 'c:2: plugin: found "optoins", expected a plugin of .*/needy; the nearest is options$' check -c "$work/c" "$work/needy"
conf 'plugin "options" { options { color = red' 'size = 3 } }' 'plugin other { options { anything = 1 } }'
expect 0 'c: ok$' check -c "$work/c" "$work/needy"

conf 'workers = 2' '# a comment' 'idle_timeout = 5m' 'plugin_folder = "plugins"' 'listen = {"127.0.0.1:0", "[::1]:0"}' \
    'plugin "file" { timeout = 3s options { root = "/x" listing = "true" } }'
expect 0 'c: ok' check -c "$work/c"
conf 'workers = 2' '# a comment' 'workers = many' 'wrokers = 2'
expect 1 'c:3: workers: found "many", expected a number, 1 to 1024' check -c "$work/c"
expect 1 'c:4: wrokers: found "wrokers", expected an option that socgi.conf.5. names' check -c "$work/c"
conf 'listen = {"nowhere"}'
expect 1 'c:1: listen: found "nowhere", expected HOST:PORT' check -c "$work/c"
conf '' 'plugin "x" {' '  timeout = soon' '}'
expect 1 'c:3: timeout: found "soon", expected a time' check -c "$work/c"
conf 'plugin "x" { timeout = 1s'
expect 1 'c:[0-9]+: found the end of the file, expected }' check -c "$work/c"
conf 'plugin "x" { options { a = b'
expect 1 'c:[0-9]+: found the end of the file, expected }' check -c "$work/c"
conf 'plugin "x" { }' 'plugin "x" { }'
expect 1 'c:2: x: found a second section' check -c "$work/c"
conf 'plugin "x" { global = on }'
expect 1 'plugin x: global: found "on", expected off, for its pool main has other plugins' check -c "$work/c" "$work/plugins"
conf 'plugin "x" { global = on }' 'pool "p" { plugins = {x, y} }'
expect 1 'plugin x: global: found "on", expected off, for its pool p has other plugins' check -c "$work/c" "$work/plugins"
conf 'plugin "x" { global = on }' 'pool "p" { plugins = {x} }' 'plugin "y" { global = off }'
expect 0 'c: ok' check -c "$work/c" "$work/plugins"
conf 'plugin "x" { global = maybe }'
expect 1 'c:1: global: found "maybe", expected on or off' check -c "$work/c" "$work/plugins"
conf 'workers ='
expect 1 'c:1: workers: found the end of the file' check -c "$work/c"
conf 'listen = {}'
expect 1 'listen: found an empty list' check -c "$work/c" "$work/plugins"

# The command line has the last word, wherever it stands.
conf 'workers = 2' 'request_line_limit = 64K'
expect 0 'c: ok' check -s request_line_limit=8K -c "$work/c" "$work/plugins"

# The manual tells the version that this is.
version=$("$socgi" --version | sed 's/^\(socgi [0-9.]*\),.*/\1/')
for page in socgi.1 socgi-calc.1; do
    checks=$((checks + 1))
    grep -q "^\.TH .*\"$version\"" "$source/core/man/$page" || fail "$page is not of $version"
done

checks_end 49
