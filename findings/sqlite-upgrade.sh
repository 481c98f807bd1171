#!/usr/bin/env bash
# SQLite in WAL mode with a busy timeout of 5 s: a transaction that has read and wants to write, after another connection has written.
#
# Guess:   the write waits up to 5 s for its turn; the other has long committed, so it succeeds at once.
# So is:   SQLITE_BUSY at once (extended code 517, BUSY_SNAPSHOT), without any waiting and with nobody holding a lock; repeating the
#          statement fails for ever. Only ROLLBACK and doing all again helps, or BEGIN IMMEDIATE from the start.
# Means:   a handler that looks something up and then stores, within BEGIN, fails under load whatever the timeout. Begin
#          what may write with BEGIN IMMEDIATE: then the timeout counts.
# Seen on: Debian 12, libsqlite3-0 3.40.1-2+deb12u2.
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
get libsqlite3-0=3.40.1-2+deb12u2 libsqlite3-dev=3.40.1-2+deb12u2
cat >t.c <<'END'
#include <sqlite3.h>
#include <stdio.h>
static int waits;
static int busy(void *user, int count) { (void)user; waits++; return count < 100; }
static int run(sqlite3 *db, const char *sql) { return sqlite3_exec(db, sql, NULL, NULL, NULL); }
int main(int argc, char **argv) {
    (void)argc;
    sqlite3 *one, *two;
    sqlite3_open("t.db", &one);
    run(one, "PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS t(x); DELETE FROM t; INSERT INTO t VALUES (1)");
    sqlite3_open("t.db", &two);
    sqlite3_busy_handler(two, busy, NULL);
    run(two, argv[1]);
    run(two, "SELECT * FROM t");
    int other = run(one, "INSERT INTO t VALUES (2)");
    int rc = run(two, "INSERT INTO t VALUES (3)"), extended = sqlite3_extended_errcode(two);
    int again = run(two, "INSERT INTO t VALUES (3)");
    printf("the other's write %d, ours %d (%d), again %d, asked to wait %d times\n", other, rc, extended, again, waits);
    run(two, "ROLLBACK");
    sqlite3_close(two);
    sqlite3_close(one);
}
END
gcc -I root/usr/include -o t t.c "$L/libsqlite3.so.0"
expect "BEGIN" "$(own ./t BEGIN)" "the other's write 0, ours 5 (517), again 5, asked to wait 0 times"
expect "BEGIN IMMEDIATE" "$(own ./t 'BEGIN IMMEDIATE')" "the other's write 5, ours 0 (0), again 0, asked to wait 0 times"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
