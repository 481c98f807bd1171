#!/usr/bin/env bash
# The server as the first process of a PID namespace, as in a container: what others start there is reaped and otherwise
# left alone, what a handler leaves behind is ended, an upgrade and a stop are what they are elsewhere.
#     first_test.sh SOCGI PLUGIN-HELLO PLUGIN-ORPHAN
set -uo pipefail
socgi=$1
work=$(mktemp -d)
outer=0
trap '((outer)) && kill -KILL "$outer" 2>/dev/null; rm -rf "$work"' EXIT
export ASAN_OPTIONS=detect_leaks=0 RUNTIME_DIRECTORY=$work
mkdir "$work/plugins"
cp "$2" "$3" "$work/plugins"
failures=0

fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}

await() { # COMMAND...: until it succeeds
    local i
    for ((i = 0; i < 600; i++)); do
        "$@" && return
        sleep 0.05
    done
    fail "awaited in vain: $*"
}

log_has() { grep -qE -- "$1" "$work/log"; }
ended() { ! kill -0 "$1" 2>/dev/null; }
inside() { nsenter --target "$init" --pid --mount "$@"; }
outside_of() { # PID-INSIDE: its pid here
    local status
    for status in /proc/[0-9]*/status; do
        awk -v inner="$1" -v file="$status" '/^NSpid:/ && NF == 3 && $3 == inner { split(file, part, "/"); print part[3] }' "$status" 2>/dev/null
    done | while read -r pid; do
        [[ $(readlink "/proc/$pid/ns/pid") == "$(readlink "/proc/$init/ns/pid")" ]] && echo "$pid"
    done
}
get() { curl -sS --max-time 30 "http://127.0.0.1:$port$1"; }

if ! unshare --pid --fork --mount-proc true 2>"$work/why"; then
    printf 'NOT RUN: no PID namespace can be had: %s\n' "$(< "$work/why")"
    exit 0
fi

begin() { # OPTIONS...
    : > "$work/log"
    unshare --pid --fork --kill-child --mount-proc "$socgi" -l 127.0.0.1:0 -w 2 -s access_log=off -s spool_folder="$work" -s log_level=info "$@" "$work/plugins" </dev/null >"$work/log" 2>&1 &
    outer=$!
    await log_has ' ready: '
    init=$(pgrep -P "$outer")
    port=$(sed -nE 's/.*listening on 127.0.0.1:([0-9]+).*/\1/p' "$work/log" | head -1)
}

# What somebody else starts there, and whose parent ends: "podman exec".
stranger_start() {
    inside sh -c 'sleep 1000 >/dev/null 2>&1 & echo $!' > "$work/stranger"
    stranger=$(outside_of "$(< "$work/stranger")")
    [[ $stranger ]] || fail 'there is no stranger'
}
is_adopted() { [[ $(awk '/^PPid:/ { print $2 }' "/proc/$1/status") == "$init" ]]; }

stranger_end() {
    kill "$stranger"
    await ended "$stranger" # reaped, too
}

begin
stranger_start
await is_adopted "$stranger"
left=$(outside_of "$(get '/orphan?daemon=1' | grep -oE '[0-9]+' | tail -1)")
[[ $left ]] || fail 'nothing was left behind'
inside sh -c 'kill -KILL $(pgrep -o socgi-worker)'
kill -HUP "$init" # all workers end, and what they have left ends with them
await log_has 'generation 2 serves'
await ended "$left"
kill -USR2 "$init"
await log_has 'upgraded: process'
await log_has '\] stopped$' # the old master
[[ $(get /hello) == 'Hello, world!' ]] || fail 'it does not serve after an upgrade'
ended "$stranger" && fail 'what others have started was ended'
stranger_end
stranger_start
kill -TERM "$init"
wait "$outer"
status=$?
outer=0
((status == 0)) || fail "stopped with status $status"

# Without a guard it cannot tell whose they are.
begin -s guard=off
stranger_start
kill -HUP "$init"
await log_has 'generation 2 serves'
kill -USR2 "$init"
await log_has 'no upgrade: this is the first process of a PID namespace'
[[ $(get /hello) == 'Hello, world!' ]] || fail 'it does not serve after an upgrade that was refused'
ended "$stranger" && fail 'what others have started was ended, without a guard'
stranger_end
kill -TERM "$init"
wait "$outer"
status=$?
outer=0
((status == 0)) || fail "without a guard stopped with status $status"

((failures == 0)) || cat "$work/log"
exit $((failures > 0))
