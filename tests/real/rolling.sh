#!/usr/bin/env bash
# Three instances behind HAProxy and behind nginx, as deploy/balancer has them: each is restarted and upgraded in turn
# while requests come at a constant rate. None may fail.
#     rolling.sh [BUILD-FOLDER] [REQUESTS] [RATE] [BALANCERS]
# On loopback: 8000 the balancer, 8081 to 8083 the instances, 9091 to 9093 their admin ports, 9090 HAProxy's own page.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${1:-$source/build/release} requests=${2:-50000} rate=${3:-500} kinds=${4:-haproxy nginx}
PATH=$PATH:/usr/sbin
not_run() { echo "NOT RUN: $*"; exit 77; }
for program in haproxy:haproxy nginx:nginx-light curl:curl; do
    command -v "${program%:*}" >/dev/null || not_run "there is no ${program%:*}, of the Debian package ${program#*:}"
done
[[ -x $build/socgi && -x $build/tests/bench/bench_pace ]] || not_run "$build holds no build: script/server makes it"
for port in 8000 8081 8082 8083 9090 9091 9092 9093; do
    ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null || not_run "port $port is taken"
done

work=$(mktemp -d "${TMPDIR:-/tmp}/socgi-rolling-XXXXXX")
chmod 755 "$work"
declare -A pids=()
balancer='' load=''
finish() {
    local status=$?
    trap '' INT TERM
    # shellcheck disable=SC2086
    kill -INT "${pids[@]}" $load 2>/dev/null || true
    [[ -z $balancer ]] || kill "$balancer" 2>/dev/null || true
    wait
    ((status == 0)) || tail -n 5 "$work"/*.log >&2
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM
fail() { echo "FAILED: $*" >&2; exit 1; }
step() { printf '%4d s: %s\n' "$SECONDS" "$*"; }
soon() { # COMMAND...: within 60 s it succeeds
    local deadline=$((SECONDS + 60))
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}
ready() { [[ $(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "http://127.0.0.1:909$1/readyz") == 200 ]]; }

mkdir "$work/plugins"
cp "$build/plugins/hello.so" "$build/plugins/echo.so" "$work/plugins/"
cp "$build/socgi" "$work/socgi" # which an upgrade finds in its place
instance_start() { # 1 to 3
    "$work/socgi" -l "127.0.0.1:808$1" -w 2 -s "admin=127.0.0.1:909$1" -s drain_delay=5s -s access_log=off \
        -s "spool_folder=$work" -s guard=off -s "pid_file=$work/$1.pid" "$work/plugins" >> "$work/$1.log" 2>&1 &
    pids[$1]=$!
    soon ready "$1" || fail "instance $1 is not ready"
}
instance_restart() {
    kill -TERM "${pids[$1]}"
    soon_gone "${pids[$1]}" || fail "instance $1 does not end"
    instance_start "$1"
}
soon_gone() {
    local tries
    for ((tries = 1500; tries > 0; tries--)); do
        # A new master is no child of ours: whose it is may reap it late.
        grep -qs '^State:[[:space:]]*[^ZX]' "/proc/$1/status" || return 0
        sleep 0.05
    done
    return 1
}
instance_upgrade() {
    local old=${pids[$1]}
    kill -USR2 "$old"
    changed() { [[ $(cat "$work/$1.pid" 2>/dev/null) != "$old" ]] && ready "$1"; }
    soon changed "$1" || fail "instance $1 is not upgraded"
    pids[$1]=$(cat "$work/$1.pid")
    soon_gone "$old" || fail "the old master of instance $1 does not end"
}

haproxy_start() {
    # Its own page tells whom it sends requests to.
    { cat "$source/deploy/balancer/haproxy.cfg"; printf '\nfrontend own\n    bind 127.0.0.1:9090\n    stats enable\n    stats uri /\n'; } |
        sed 's/bind :8000/bind 127.0.0.1:8000/; s/maxconn 20000/maxconn 4000/' > "$work/haproxy.cfg"
    haproxy -db -f "$work/haproxy.cfg" > "$work/balancer.log" 2>&1 &
    balancer=$!
}
haproxy_knows() { [[ $(curl -s 'http://127.0.0.1:9090/;csv' | awk -F , -v n="$1" '$1 == "socgi" && $2 == n { print $18 }') == UP ]]; }
nginx_start() {
    {
        local path
        printf 'worker_processes 1;\npid %s/nginx.pid;\ndaemon off;\nerror_log %s/balancer.log;\nevents { worker_connections 4096; }\n' "$work" "$work"
        printf 'http {\naccess_log off;\n'
        for path in client_body proxy fastcgi uwsgi scgi; do printf '%s_temp_path %s/%s;\n' "$path" "$work" "$path"; done
        sed 's/listen 8000/listen 127.0.0.1:8000/' "$source/deploy/balancer/nginx.conf"
        printf '}\n'
    } > "$work/nginx.conf"
    nginx -c "$work/nginx.conf" > "$work/balancer.out" 2>&1 &
    balancer=$!
}
nginx_knows() { true; } # it asks nobody: a second after a refusal it tries again

names=(- one two three)
for i in 1 2 3; do instance_start "$i"; done
for kind in $kinds; do
    "${kind}_start"
    soon curl -sf -o /dev/null http://127.0.0.1:8000/hello || fail "$kind does not serve"
    for i in 1 2 3; do soon "${kind}_knows" "${names[i]}" || fail "$kind does not see instance $i"; done
    seconds=$(((requests + rate - 1) / rate))
    "$build/tests/bench/bench_pace" 8000 "$rate" "$seconds" 64 /hello "/echo?msg=x" 10 > "$work/load.json" &
    load=$!
    turns=0
    # As often as the load lasts, and once at least.
    while ((turns == 0)) || kill -0 "$load" 2>/dev/null; do
        for i in 1 2 3; do
            instance_restart "$i"
            soon "${kind}_knows" "${names[i]}" || fail "$kind does not see instance $i again"
            instance_upgrade "$i"
            ((turns += 1))
            kill -0 "$load" 2>/dev/null || break
        done
    done
    wait "$load" || fail "the load"
    load=
    read -r count errors unfinished < <(python3 -c 'import json, sys
r = json.load(open(sys.argv[1])); print(r["requests"], r["errors"], r["unfinished"])' "$work/load.json")
    step "$kind $( { haproxy -v; nginx -v 2>&1; } | grep -i -m1 "$kind" | grep -o '[0-9]*\.[0-9.]*[0-9]' | head -1): $count requests, $turns restarts and upgrades, $((errors + unfinished)) failed"
    ((count >= requests && turns >= 3 && errors == 0 && unfinished == 0)) || { cat "$work/load.json"; fail "$kind"; }
    kill "$balancer"
    wait "$balancer" || true
    balancer=
done
