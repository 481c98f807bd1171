#!/usr/bin/env bash
# The half hour that the pages tell in their sections "## ... half hour ...", as it stands there: their shell blocks and
# "$ curl" lines are run in order, page after page, with the installation in a prefix of its own instead of the packages
# (those have a test of their own), and other ports. "*" in what is shown stands for anything.
#     half_hour_test.sh BUILD-FOLDER PAGE...
set -uo pipefail
shopt -u patsub_replacement 2>/dev/null # "&" means itself
build=$1
shift
work=$(mktemp -d)
finish() {
    local job
    for job in $(jobs -p); do kill "$job" 2>/dev/null; done
    wait
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
export HOME=$work/home TMPDIR=$work/tmp XDG_RUNTIME_DIR=$work/run CMAKE_PREFIX_PATH=$work/usr PATH=$work/usr/bin:$PATH
export ASAN_OPTIONS=detect_leaks=0 LC_ALL=C.UTF-8 # the compiler quotes as the locale does
mkdir "$HOME" "$TMPDIR" "$XDG_RUNTIME_DIR"
cmake --install "$build" --prefix "$work/usr" > /dev/null || exit 1

# The server that the package starts. Both ports are free ones.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
plugins=$work/usr/lib/socgi/plugins
serve=$(free_port) dev=$(free_port)
socgi -l "127.0.0.1:$serve" -w 2 -s access_log=off "$plugins" > "$work/log" 2>&1 < /dev/null &

here() {
    local text=$1
    text=${text//127.0.0.1:8080/127.0.0.1:$serve}
    text=${text//127.0.0.1:8000/127.0.0.1:$dev}
    text=${text//\/usr\/lib\/socgi\/plugins/$plugins}
    text=${text//socgi dev &/socgi dev -l 127.0.0.1:$dev -w 2 > $work/dev.log 2>&1 < /dev/null &}
    printf '%s' "$text"
}

failures=0 checks=0
fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}

# What is shown must come, and soon: the servers take up what was done before by themselves.
show() {
    local command expected=${2%$'\n'} got pattern tries
    command=$(here "curl --noproxy '*' -sS --max-time 30 ${1#\$ curl }")
    pattern=$(printf '%s' "$expected" | sed 's/[][?\\]/\\&/g')
    checks=$((checks + 1))
    for ((tries = 1800; tries > 0; tries--)); do
        got=$(eval "$command" 2>&1 < /dev/null)
        # shellcheck disable=SC2053
        [[ $got == ${pattern%$'\n'} ]] && return
        sleep 0.1
    done
    fail "$1"
    printf -- '--- shown\n%s\n--- here\n%s\n' "$expected" "$got"
}

block=
run() {
    checks=$((checks + 1))
    eval "$(here "$block")" > "$work/out" 2>&1 || { fail "$block"; cat "$work/out"; }
    block=
}

inside= command='' expected=''
while IFS= read -r line; do
    case $inside$line in
        '```sh') inside=: ;;
        '```console') inside=% ;;
        ':```')
            [[ $block == *script/package* ]] && block= || run
            inside=
            ;;
        '%```')
            show "$command" "$expected"
            inside= command='' expected=''
            ;;
        ':'*) block+=$line$'\n' ;;
        '%$ curl '*)
            [[ $command ]] && show "$command" "$expected"
            command=$line expected=
            ;;
        '%'*) expected+=$line$'\n' ;;
    esac
done < <(awk '/^## / { told = /half hour/ } told' "$@")

((failures == 0)) || tail -n 40 "$work/log" "$work/dev.log"
echo "$checks steps, $failures failures"
((failures == 0 && checks > 10))
