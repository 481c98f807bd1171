#!/usr/bin/env bash
# libmagic with MAGIC_COMPRESS, on a text compressed with gzip and with zstd.
#
# Guess:   both are decompressed in the process and are text/plain.
# So is:   gzip is. For zstd (and lz4) a program of that name is looked up in PATH and started, and although it decompresses, the type told
#          is application/x-empty, with magic_file and magic_buffer alike.
# Means:   a handler that looks into uploads that way starts processes (which a sandbox or a limit may forbid) and takes every .zst for
#          empty. Decompress first, and give libmagic the content.
# Seen on: Debian 12, libmagic1 1:5.44-3, zstd 1.5.4+dfsg2-5.
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
get libmagic1=1:5.44-3 libmagic-mgc=1:5.44-3 libmagic-dev=1:5.44-3 zstd=1.5.4+dfsg2-5 libzstd1=1.5.4+dfsg2-5
cat >t.c <<'END'
#include <magic.h>
#include <stdio.h>
int main(int argc, char **argv) {
    static char data[1 << 16];
    magic_t magic = magic_open(MAGIC_COMPRESS | MAGIC_MIME_TYPE);
    magic_load(magic, argv[1]);
    FILE *file = fopen(argv[argc - 1], "rb");
    size_t size = fread(data, 1, sizeof data, file);
    printf("%s, ", magic_file(magic, argv[argc - 1]));
    printf("%s\n", magic_buffer(magic, data, size));
}
END
gcc -I root/usr/include -o t t.c "$L/libmagic.so.1"
magic=$(find root -name 'magic.mgc' | head -1)
echo 'a line of text' >text
gzip -k text
own zstd -q text
mkdir -p bin
printf '#!/bin/sh\necho started >>%s/started\nexec %s/root/usr/bin/zstd "$@"\n' "$T" "$T" >bin/zstd
chmod +x bin/zstd
try() { rm -f started; PATH=$T/bin:$PATH LD_LIBRARY_PATH=$L ./t "$magic" "$1"; }
expect "plain" "$(try text)" "text/plain, text/plain"
expect "gzip" "$(try text.gz), $([ -e started ] && echo a program was started)" "text/plain, text/plain, "
expect "zstd -dc" "$(own zstd -dc text.zst)" "a line of text"
expect "zstd" "$(try text.zst), $([ -e started ] && echo a program was started)" "application/x-empty, application/x-empty, a program was started"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
