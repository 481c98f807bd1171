#!/usr/bin/env bash
# A number with a leading zero in a configuration file that libConfuse reads.
#
# Guess:   timeout = 010 is ten, timeout = 08 is eight.
# So is:   CFG_INT reads as C does: 010 is eight, 0x10 is sixteen, and 08 is refused as "invalid integer value". CFG_FLOAT takes 010
#          as ten.
# Means:   whoever aligns numbers in a server's configuration with zeros gets others, without a word. Read as text and
#          convert by base ten, or refuse a leading zero.
# Seen on: Debian 12, libconfuse 3.3-3.
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
get libconfuse2=3.3-3 libconfuse-dev=3.3-3
cat >t.c <<'END'
#include <confuse.h>
#include <stdio.h>
int main(int argc, char **argv) {
    cfg_opt_t options[] = {CFG_INT("n", -1, CFGF_NONE), CFG_FLOAT("f", -1, CFGF_NONE), CFG_END()};
    cfg_t *cfg = cfg_init(options, CFGF_NONE);
    int rc = cfg_parse_buf(cfg, argv[1]);
    printf("%s, n is %ld, f is %g\n", rc == CFG_SUCCESS ? "read" : "refused", rc == CFG_SUCCESS ? cfg_getint(cfg, "n") : -1, cfg_getfloat(cfg, "f"));
    cfg_free(cfg);
    return argc - 2;
}
END
gcc -I root/usr/include -o t t.c "$L/libconfuse.so.2"
expect "n = 10" "$(own ./t 'n = 10')" "read, n is 10, f is -1"
expect "n = 010" "$(own ./t 'n = 010')" "read, n is 8, f is -1"
expect "n = 0x10" "$(own ./t 'n = 0x10')" "read, n is 16, f is -1"
expect "n = 08" "$(own ./t 'n = 08' 2>/dev/null)" "refused, n is -1, f is -1"
expect "f = 010" "$(own ./t 'f = 010')" "read, n is -1, f is 10"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
