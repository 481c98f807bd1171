#!/usr/bin/env bash
# What the pages show is what happens: each "$ curl" line of their console blocks is run against the demo, and must print
# the lines below it; but for the half hour, which has a test of its own. The demo's address is replaced by that of a
# server on a port of its own.
#     readme_test.sh SOCGI PLUGIN-FOLDER SOURCE-FOLDER PAGE...
set -uo pipefail
socgi=$1 plugins=$2 source=$3
shift 3
work=$(mktemp -d)
finish() {
    [[ ${server:-} ]] && kill "$server" 2>/dev/null && wait "$server"
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# What script/server gives the examples.
mkdir "$work/upload"
examples=(-o "guestbook.database=$work/guestbook" -o "upload.folder=$work/upload" -o "members.users=$source/plugins/members/users")

ASAN_OPTIONS=detect_leaks=0 "$socgi" -l 127.0.0.1:0 -w 2 -s "access_log=$work/access" -s log_level=notice \
    -o "file.root=$source/www" -o file.listing=true -o "cgi.root=$source/plugins/cgi/examples" "${examples[@]}" "$plugins" >"$work/log" 2>&1 </dev/null &
server=$!
port=
for ((tries = 1800; tries > 0; tries--)); do
    port=$(sed -n 's/.* ready: .*/ready/p; s/.*127\.0\.0\.1:\([0-9][0-9]*\).*/\1/p' "$work/log" | tr '\n' ' ')
    [[ $port == *ready* ]] && break
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
done
[[ $port == *ready* ]] || { echo "the server did not start:"; cat "$work/log"; exit 1; }
port=${port%% *}

failures=0 checks=0 command='' expected=''
compare() {
    [[ $command ]] || return 0
    local got
    got=$(eval "${command//127.0.0.1:8080/127.0.0.1:$port}" 2>&1 </dev/null)
    checks=$((checks + 1))
    if [[ $got != "${expected%$'\n'}" ]]; then
        printf 'FAILED: %s\n--- shown\n%s\n--- here\n%s\n' "$command" "${expected%$'\n'}" "$got"
        failures=$((failures + 1))
    fi
    command='' expected=''
}
inside=
while IFS= read -r line; do
    case $inside$line in
        '```console') inside=: ;;
        ':```') compare; inside= ;;
        ':$ curl '*)
            compare
            command="curl --noproxy '*' -sS --max-time 30 ${line#\$ curl }"
            ;;
        :*) expected+=$line$'\n' ;;
    esac
done < <(awk '/^## / { told = /half hour/ } !told' "$@")

echo "$checks examples, $failures failures"
((failures == 0 && checks > 4))
