#!/usr/bin/env bash
# The image of deploy/container, by podman: built FROM scratch, run under podman's seccomp profile with a read-only root, as
# user 1000, without a capability; it serves, drains, is stopped, started again, upgraded and killed, and `exec` reaches it.
#     containers.sh [BUILD-FOLDER]
# The runtime is runc: crun sets limits that only CAP_SYS_RESOURCE may. Images and containers are in a folder of its own, which
# goes with the test.
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${1:-$source/build/release}
not_run() { echo "NOT RUN: $*"; exit 77; }
for program in podman:podman runc:runc curl:curl; do
    command -v "${program%:*}" >/dev/null || not_run "there is no ${program%:*}, of the Debian package ${program#*:}"
done
((EUID == 0)) || not_run "podman build needs root, or what rootless containers need"
[[ -x $build/socgi ]] || not_run "$build holds no build: script/package makes it"
for port in 8080 9090; do
    ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null || not_run "port $port is taken"
done

work=$(mktemp -d "${TMPDIR:-/var/tmp}/socgi-containers-XXXXXX")
store=(--root "$work/store" --runroot "$work/run" --tmpdir "$work/tmp" --storage-driver vfs --cgroup-manager cgroupfs --events-backend file)
finish() {
    local status=$?
    trap '' INT TERM
    podman "${store[@]}" rm -f -a -t 0 > /dev/null 2>&1 || true
    ((status == 0 || status == 77)) || tail -n 20 "$work"/*.log >&2
    podman "${store[@]}" rmi -f -a > /dev/null 2>&1 || true
    rm -rf --one-file-system "$work" 2>/dev/null || true
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
ask() { curl -sS --max-time 10 "http://127.0.0.1:8080$1"; }
code() { curl -s -o /dev/null -w '%{http_code}' --max-time 10 "$1"; }
ready() { [[ $(code http://127.0.0.1:9090/readyz) == 200 ]]; }

"$source/deploy/container/root" "$work/image" "$build" > "$work/root.log" 2>&1 || fail "the root folder cannot be made"
podman "${store[@]}" build -q -t socgi -f "$work/image/Containerfile" "$work/image" > "$work/build.log" 2>&1 ||
    { cat "$work/build.log"; not_run "podman cannot build here"; }
step "built: $(du -sh "$work/image/root" | cut -f1), FROM scratch"

options=(--runtime runc --network host --ulimit nofile=20000:20000 --ulimit nproc=32768:32768 --read-only --user 1000 --cap-drop all
    --pids-limit 100 --tmpfs "/spool:rw,exec,mode=1777,size=1g")
podman "${store[@]}" run -d --name web "${options[@]}" socgi -c /etc/socgi/socgi.conf -s drain_delay=2s > "$work/run.log" 2>&1 ||
    { cat "$work/run.log"; not_run "podman cannot run a container here"; }
log() { podman "${store[@]}" logs web 2>&1; }
soon ready || { log; fail "it is not ready"; }
[[ $(ask '/hello?name=you') == 'Hello, you!' ]] || fail "/hello"
ask / | grep -q socgi || fail "the page"
[[ $(ask "/calc?expr=6*7") == 42* ]] || fail "/calc"
[[ $(head -c 300000 /dev/zero | curl -s --max-time 10 --data-binary @- http://127.0.0.1:8080/echo | wc -c) == 300000 ]] || fail "a body that is spooled"
log | grep -E ' (error|warning) ' > "$work/complaints" && { cat "$work/complaints"; fail "it complains"; }
# shellcheck disable=SC2016
[[ $(podman "${store[@]}" inspect --format '{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.EffectiveCaps}}' web) == '1000 true []' ]] ||
    fail "it is not held as it should be"
step "serves, read-only, as user 1000, without capabilities"

podman "${store[@]}" exec web /usr/bin/socgi status > "$work/status.log" 2>&1 || fail "podman exec NAME socgi status"
podman "${store[@]}" exec web /usr/bin/socgi reload > "$work/reload.log" 2>&1 || fail "podman exec NAME socgi reload"
[[ $(ask /hello) == 'Hello, world!' ]] || fail "after the reload"
step "exec: status and reload"

# A worker that is killed is replaced, and nobody notices more than one request.
worker=$(podman "${store[@]}" top web hpid comm 2>/dev/null | awk '$2 ~ /socgi-worker/ { print $1; exit }')
if [[ $worker ]]; then
    kill -KILL "$worker"
    soon ready && [[ $(ask /hello) == 'Hello, world!' ]] || fail "after a worker was killed"
    step "a worker is killed"
fi

# TERM: /readyz fails at once, requests are still answered for drain_delay, then it ends by itself.
podman "${store[@]}" stop -t 30 web > "$work/stop.log" 2>&1 &
stopping=$!
unready() { [[ $(code http://127.0.0.1:9090/readyz) == 503 ]]; }
soon unready || fail "/readyz does not fail while it drains"
[[ $(ask /hello) == 'Hello, world!' ]] || fail "it does not answer within drain_delay"
wait "$stopping" || fail "podman stop"
[[ $(podman "${store[@]}" inspect --format '{{.State.ExitCode}}' web) == 0 ]] || fail "stopped with $(podman "${store[@]}" inspect --format '{{.State.ExitCode}}' web)"
step "stop: drains, ends with 0"

podman "${store[@]}" start web > /dev/null
soon ready && [[ $(ask /hello) == 'Hello, world!' ]] || fail "it does not start again"
podman "${store[@]}" restart -t 30 web > /dev/null
soon ready && [[ $(ask /hello) == 'Hello, world!' ]] || fail "it does not restart"
step "started again, and restarted"

master=$(podman "${store[@]}" inspect --format '{{.State.Pid}}' web)
kill -KILL "$master"
gone() { [[ $(podman "${store[@]}" inspect --format '{{.State.Running}}' web) == false ]]; }
soon gone || fail "kill -9 of the master does not end it"
podman "${store[@]}" start web > /dev/null
soon ready && [[ $(ask /hello) == 'Hello, world!' ]] || fail "it does not start after kill -9"
step "kill -9, and started again"
podman "${store[@]}" stop -t 30 web > /dev/null
[[ -z $(podman "${store[@]}" ps -q) ]] || fail "a container is left"
