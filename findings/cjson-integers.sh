#!/usr/bin/env bash
# A large integer that a double holds exactly, read and printed by cJSON.
#
# Guess:   up to 2^53 an integer comes out as it went in: cJSON keeps numbers as doubles.
# So is:   9007199254740991, the largest integer that JavaScript calls safe, comes out as 9.00719925474099e+15, which is 9007199254740990:
#          fifteen digits are tried first, and "nearly equal" is enough. Others beside it are exact, so tests miss it.
# Means:   ids of sixteen digits that pass through a handler with cJSON are others afterwards. Send them as strings.
# Seen on: Debian 12, libcjson 1.7.15-1+deb12u4.
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
get libcjson1=1.7.15-1+deb12u4 libcjson-dev=1.7.15-1+deb12u4
cat >t.c <<'END'
#include <cjson/cJSON.h>
#include <stdio.h>
int main(int argc, char **argv) {
    cJSON *value = cJSON_Parse(argv[argc - 1]);
    printf("%s, in memory %.0f\n", cJSON_PrintUnformatted(value), value->valuedouble);
}
END
gcc -I root/usr/include -o t t.c "$L/libcjson.so.1"
expect "123456789012345" "$(own ./t 123456789012345)" "123456789012345, in memory 123456789012345"
expect "9007199254740991" "$(own ./t 9007199254740991)" "9.00719925474099e+15, in memory 9007199254740991"
expect "9007199254740985" "$(own ./t 9007199254740985)" "9007199254740985, in memory 9007199254740985"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
