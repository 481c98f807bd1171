#!/usr/bin/env bash
# A line of more than 200 characters in an INI file, read by inih as Debian builds it.
#
# Guess:   it is read whole, or refused and not handed out.
# So is:   it is cut after 199 characters, the handler gets the cut value as if that were all, and the rest is read as a line of
#          its own: if it holds a "=", it becomes a new name. Only the return value, after everything was handed out, says that line 2 was bad.
# Means:   a long address, key or header in a configuration sets something else. Look at the return value before anything
#          is used, or read by a library without a limit.
# Seen on: Debian 12, libinih 55-1.
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
get libinih1=55-1 libinih-dev=55-1
cat >t.c <<'END'
#include <ini.h>
#include <stdio.h>
#include <string.h>
static int got(void *user, const char *section, const char *name, const char *value) {
    (void)user;
    if (strlen(name) > 8) printf("[%s] a name of %zu = %s; ", section, strlen(name), value);
    else printf("[%s] %s = %zu characters; ", section, name, strlen(value));
    return 1;
}
int main(int argc, char **argv) {
    (void)argc;
    printf("returned %d\n", ini_parse(argv[1], got, NULL));
}
END
gcc -I root/usr/include -o t t.c "$L/libinih.so.1"
long=$(printf 'x%.0s' $(seq 220))
printf '[server]\nurl = %s\nnext = 1\n' "${long:0:150}" >short.ini
printf '[server]\nurl = %s\nnext = 1\n' "$long?user=7" >long.ini
expect "a value of 150" "$(own ./t short.ini)" "[server] url = 150 characters; [server] next = 1 characters; returned 0"
expect "a value of 227" "$(own ./t long.ini)" "[server] url = 193 characters; [server] a name of 32 = 7; [server] next = 1 characters; returned 0"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
