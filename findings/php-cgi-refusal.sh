#!/usr/bin/env bash
# php-cgi as a CGI program, with the variables of RFC 3875 and nothing else.
#
# Guess:   it runs the script; or it answers with an error page.
# So is:   without REDIRECT_STATUS, which is no variable of CGI but one that Apache sets, it prints a bare text without any head and ends with
#          255. A server can only call that 502 (or 500): the reason is in what it throws away. With the variable it answers.
# Means:   a server that runs CGI programs sets REDIRECT_STATUS=200 for PHP, and logs the first line of what is no head.
# Seen on: Debian 12, php8.2-cgi 8.2.36-1~deb12u1.
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
get php8.2-cgi=8.2.36-1~deb12u1
echo '<?php echo "hello\n";' >s.php
run() {
    local rc=0
    own env GATEWAY_INTERFACE=CGI/1.1 SERVER_PROTOCOL=HTTP/1.1 SERVER_NAME=localhost SERVER_PORT=80 REQUEST_METHOD=GET SCRIPT_NAME=/s.php \
        SCRIPT_FILENAME="$T/s.php" QUERY_STRING= REMOTE_ADDR=127.0.0.1 "$@" "$T/root/usr/bin/php-cgi8.2" -n </dev/null >out 2>err || rc=$?
    echo "exit $rc, $(grep -c '^Content-type: ' out || true) type, $(grep -c '^hello' out || true) content"
}
expect "with REDIRECT_STATUS=200" "$(run REDIRECT_STATUS=200)" "exit 0, 1 type, 1 content"
expect "without" "$(run)" "exit 255, 0 type, 0 content"
expect "the reason is on standard output" "$(grep -c REDIRECT_STATUS out || true), on standard error $(wc -c <err)" "1, on standard error 0"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
