#!/usr/bin/env bash
# Numbers that Jansson writes and reads.
#
# Guess:   json_real(0.1) is written 0.1; an integer beyond 64 bits becomes a real, as a browser would take it.
# So is:   0.1 is written with 17 digits, 0.10000000000000001, and 5e-7 as 4.9999999999999998e-7, unless JSON_REAL_PRECISION is passed.
#          A document with 9223372036854775808 or with 1e400 anywhere in it is refused as a whole ("too big integer").
# Means:   prices and durations in a handler's JSON look broken to people and miss golden files of tests: pass
#          JSON_REAL_PRECISION(15). For documents of others pass JSON_DECODE_INT_AS_REAL, or one large id is a 400.
# Seen on: Debian 12, libjansson 2.14-2.
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
get libjansson4=2.14-2 libjansson-dev=2.14-2
cat >t.c <<'END'
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    size_t flags = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    json_error_t error;
    json_t *value = json_loads(argv[1], flags == 1 ? JSON_DECODE_INT_AS_REAL : 0, &error);
    puts(value ? json_dumps(value, JSON_COMPACT | (flags > 1 ? JSON_REAL_PRECISION(flags) : 0)) : error.text);
}
END
gcc -I root/usr/include -o t t.c "$L/libjansson.so.4"
expect "[0.1,3.14,5e-7,1e16]" "$(own ./t '[0.1,3.14,5e-7,1e16]')" "[0.10000000000000001,3.1400000000000001,4.9999999999999998e-7,10000000000000000.0]"
expect "with a precision of 15" "$(own ./t '[0.1,3.14,5e-7,1e16]' 15)" "[0.1,3.14,5e-7,1e16]"
expect "[9223372036854775807]" "$(own ./t '[9223372036854775807]')" "[9223372036854775807]"
expect "[9223372036854775808]" "$(own ./t '[9223372036854775808]')" "too big integer near '9223372036854775808'"
expect "[1e400]" "$(own ./t '[1e400]')" "real number overflow near '1e400'"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
