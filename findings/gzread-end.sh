#!/usr/bin/env bash
# gzread of zlib at the end of a file: one that is cut (a log that is still written, an upload that broke off), one with bytes behind.
#
# Guess:   the usual loop `while ((n = gzread(...)) > 0)` ends with -1 if the file is cut or is followed by something else.
# So is:   it ends with 0, as at a proper end, in both cases. Of the cut file only gzerror and gzclose tell (Z_BUF_ERROR), of
#          the bytes behind nothing does; gzeof says 1.
# Means:   a handler that reads .gz must look at what gzclose returns, or it takes half a file for the whole.
# Seen on: Debian 12, zlib 1.2.13.
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
get zlib1g=1:1.2.13.dfsg-1 zlib1g-dev=1:1.2.13.dfsg-1
cat >t.c <<'END'
#include <stdio.h>
#include <zlib.h>
int main(int argc, char **argv) {
    static char data[1 << 20];
    gzFile file = gzopen(argv[1], "rb");
    int n, total = 0, error;
    while ((n = gzread(file, data, sizeof data)) > 0) total += n;
    gzerror(file, &error);
    int eof = gzeof(file);
    printf("%s, last %d, gzeof %d, gzerror %d, gzclose %d\n", total == 0 ? "nothing" : total < 48894 ? "a part" : "all", n, eof, error, gzclose(file));
    return argc - 2;
}
END
gcc -I root/usr/include -o t t.c "$(find root -name 'libz.so.1' | head -1)"
seq 10000 | gzip -n >whole.gz
head -c 10000 whole.gz >cut.gz
{ cat whole.gz; echo more; } >more.gz
expect "whole" "$(own ./t whole.gz)" "all, last 0, gzeof 1, gzerror 0, gzclose 0"
expect "cut" "$(own ./t cut.gz)" "a part, last 0, gzeof 1, gzerror -5, gzclose -5"
expect "with bytes behind" "$(own ./t more.gz)" "all, last 0, gzeof 1, gzerror 0, gzclose 0"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
