#!/usr/bin/env bash
# Large integers in a valid JSON document, read by JSON-GLib.
#
# Guess:   beyond 64 bits they become doubles, or the document is refused.
# So is:   they turn negative without an error: 9223372036854775808 is -9223372036854775808, and everything from
#          18446744073709551615 on is -1, of thirty digits as well.
# Means:   an amount, an id or a size that a client sends has another sign after parsing: check the text, or bounds, before.
# Seen on: Debian 12, libjson-glib 1.6.6-1.
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
get libjson-glib-1.0-0=1.6.6-1
cat >t.c <<'END'
#include <stdio.h>
void *json_parser_new(void);
int json_parser_load_from_data(void *, const char *, long, void *);
void *json_parser_get_root(void *);
char *json_to_string(void *, int);
int main(int argc, char **argv) {
    void *parser = json_parser_new();
    int read = json_parser_load_from_data(parser, argv[argc - 1], -1, NULL);
    puts(read ? json_to_string(json_parser_get_root(parser), 0) : "refused");
}
END
gcc -o t t.c "$L/libjson-glib-1.0.so.0" -Wl,--unresolved-symbols=ignore-in-shared-libs
expect "[9223372036854775807]" "$(own ./t '[9223372036854775807]')" "[9223372036854775807]"
expect "[9223372036854775808]" "$(own ./t '[9223372036854775808]')" "[-9223372036854775808]"
expect "[18446744073709551614]" "$(own ./t '[18446744073709551614]')" "[-2]"
expect "[18446744073709551615]" "$(own ./t '[18446744073709551615]')" "[-1]"
expect "[123456789012345678901234567890]" "$(own ./t '[123456789012345678901234567890]')" "[-1]"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
