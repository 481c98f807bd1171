#!/usr/bin/env bash
# promtool check metrics, on what a server's /metrics page may hold.
#
# Guess:   it refuses the same sample twice, and a histogram whose buckets go down or contradict its count; it does not care whether the
#          last line has an end, nor for CRLF.
# So is:   the reverse. Duplicates and impossible histograms pass with status 0. A last line without its newline and CRLF are
#          parse errors, status 1 (a metric without HELP is status 3).
# Means:   promtool in a CI proves the syntax, not the sense: test buckets and duplicates yourself. End the last line.
# Seen on: Debian 12, Prometheus 2.42.0+ds-5+deb12u1.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
T=$(mktemp -d)
PIDS=()
finish() {
    for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$T"
}
trap finish EXIT
cd "$T"
changed=0
expect() { # WHAT SEEN-NOW SEEN-THEN
    printf '%-34s %s\n' "$1" "$2"
    [ "$2" = "$3" ] || { printf 'CHANGED: it was           %s\n' "$3"; changed=1; }
}
get() { # unpacks these packages, and what they need that is not installed, into ./root
    printf 'with %s\n' "$@"
    mkdir -p debs/partial root
    apt-get -qq install -y --reinstall --allow-downgrades --no-install-recommends --download-only -o Debug::NoLocking=1 \
        -o APT::Sandbox::User=root -o Dir::Cache::archives="$T/debs" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
        "$@" >apt.log 2>&1 || { cat apt.log; exit 1; }
    for deb in debs/*.deb; do dpkg -x "$deb" root; done
}
L=$T/root/usr/lib/x86_64-linux-gnu
own() { # runs a program with what was unpacked
    PATH=$T/root/usr/bin:$T/root/bin:$T/root/usr/sbin:$T/root/sbin:$PATH LD_LIBRARY_PATH=$L:$T/root/lib/x86_64-linux-gnu:$T/root/usr/lib "$@"
}
get prometheus=2.42.0+ds-5+deb12u1
check() { # TEXT for printf
    local rc=0
    # shellcheck disable=SC2059
    printf "$1" | own promtool check metrics >out 2>&1 || rc=$?
    echo "exit $rc$(sed -n 's/.*line [0-9]*: \(.*\)/, \1/p' out)"
}
head='# HELP a_total x\n# TYPE a_total counter\n'
histogram='# HELP h_seconds x\n# TYPE h_seconds histogram\n'
expect "a plain counter" "$(check "${head}a_total 1\n")" "exit 0"
expect "the same sample twice" "$(check "${head}a_total 1\na_total 2\n")" "exit 0"
falling='h_seconds_bucket{le="1"} 5\nh_seconds_bucket{le="+Inf"} 1\nh_seconds_sum 1\nh_seconds_count 7\n'
expect "buckets that go down" "$(check "$histogram$falling")" "exit 0"
expect "no +Inf bucket" "$(check "${histogram}h_seconds_bucket{le=\"1\"} 5\nh_seconds_sum 1\nh_seconds_count 5\n")" "exit 0"
expect "a counter below zero" "$(check "${head}a_total -1\n")" "exit 0"
expect "no newline at the end" "$(check "${head}a_total 1")" "exit 1, unexpected end of input stream"
expect "CRLF" "$(check "${head}a_total 1\r\n")" 'exit 1, expected float as value, got "1\r"'
expect "no HELP" "$(check "a_total 1\n")" "exit 3"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
