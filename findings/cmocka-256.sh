#!/usr/bin/env bash
# A cmocka group in which 256 tests fail, as main() usually ends: return cmocka_run_group_tests(...).
#
# Guess:   the program's exit status is not 0.
# So is:   the function returns how many failed, and of an exit status eight bits are left: 256 failures are a success, for
#          make, ctest and CI. Likewise 0: a filter that matches no test, and a group teardown that fails.
# Means:   a test program of a server or plugin says: return cmocka_run_group_tests(...) != 0.
# Seen on: Debian 12, libcmocka-dev 1.1.5-2.1.
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
get libcmocka0=1.1.5-2.1 libcmocka-dev=1.1.5-2.1
cat >t.c <<'END'
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
static void fails(void **state) { (void)state; fail(); }
static void passes(void **state) { (void)state; }
static int no(void **state) { (void)state; return -1; }
int main(int argc, char **argv) {
    static struct CMUnitTest tests[1024];
    size_t count = (size_t)atoi(argv[1]);
    int teardown = argc > 2 && strcmp(argv[2], "teardown") == 0;
    for (size_t i = 0; i < count; i++) {
        struct CMUnitTest bad = cmocka_unit_test(fails), good = cmocka_unit_test(passes);
        tests[i] = teardown ? good : bad;
    }
    if (argc > 2 && !teardown) cmocka_set_test_filter(argv[2]);
    return _cmocka_run_group_tests("group", tests, count, NULL, teardown ? no : NULL);
}
END
gcc -I root/usr/include -o t t.c "$L/libcmocka.so.0"
try() { local rc=0; own ./t "$@" >out 2>&1 || rc=$?; echo "exit $rc"; }
expect "255 fail" "$(try 255)" "exit 255"
expect "256 fail" "$(try 256), $(grep -o '256 FAILED TEST(S)' out)" "exit 0, 256 FAILED TEST(S)"
expect "257 fail" "$(try 257)" "exit 1"
expect "3 fail, none match the filter" "$(try 3 nothing)" "exit 0"
expect "the group's teardown fails" "$(try 1 teardown)" "exit 0"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
