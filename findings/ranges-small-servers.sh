#!/usr/bin/env bash
# Range requests to three small servers for a file of six bytes.
#
# Guess:   If-Range with another ETag gives 200; a suffix longer than the file gives the file (RFC 9110, 14.1.2); two ranges give a
#          multipart answer or 200.
# So is:   busybox httpd and WEBrick ignore If-Range and send 206 of the new file to who holds a part of the old one. WEBrick answers 416 to
#          bytes=-100. lighttpd answers bytes=0-0,2-2 with one range that was not asked for, 0-2, without multipart.
# Means:   a client that continues downloads must compare the ETag of the 206 with its own, and must read Content-Range whatever
#          it asked for; do not take these servers for a measure of one's own.
# Seen on: Debian 12, the versions below; WEBrick of ruby-webrick 1.8.1-1.
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
spawn() { # the same in the background; its process is that program, so that the end reaches it
    (
        export PATH=$T/root/usr/bin:$T/root/bin:$T/root/usr/sbin:$T/root/sbin:$PATH LD_LIBRARY_PATH=$L:$T/root/lib/x86_64-linux-gnu
        exec "$@"
    ) &
    PIDS+=($!)
}
get busybox=1:1.35.0-4+deb12u1+b1 lighttpd=1.4.69-1 ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1 ruby-webrick=1.8.1-1
mkdir files
echo hello >files/f.txt
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ask() { # PORT RANGE [IF-RANGE]
    python3 - "$@" <<'END'
import http.client, sys, time
end = time.time() + 60
while True:
    try:
        peer = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=20)
        peer.connect()
        break
    except OSError:
        if time.time() > end:
            raise
        time.sleep(0.2)
fields = {"Range": sys.argv[2]}
if len(sys.argv) > 3:
    fields["If-Range"] = sys.argv[3]
peer.request("GET", "/f.txt", headers=fields)
answer = peer.getresponse()
kind = answer.getheader("Content-Type", "").split(";")[0]
print(answer.status, answer.getheader("Content-Range", "no range") if "multipart" not in kind else "multipart")
END
}
busybox=$(free)
spawn busybox httpd -f -p "127.0.0.1:$busybox" -h files >/dev/null 2>&1
lighttpd=$(free)
printf 'server.document-root = "%s/files"\nserver.port = %s\nserver.bind = "127.0.0.1"\nserver.modules = ()\n' "$T" "$lighttpd" >lighttpd.conf
spawn lighttpd -D -f lighttpd.conf -m "$T/root/usr/lib/lighttpd" >/dev/null 2>&1
webrick=$(free)
RUBYLIB=$T/root/usr/lib/ruby/vendor_ruby spawn ruby3.1 -rwebrick -e "
WEBrick::HTTPServer.new(BindAddress: '127.0.0.1', Port: $webrick, DocumentRoot: '$T/files').start" >/dev/null 2>&1
expect "busybox: bytes=1-2" "$(ask "$busybox" bytes=1-2)" "206 bytes 1-2/6"
expect "busybox: and another If-Range" "$(ask "$busybox" bytes=1-2 '"other"')" "206 bytes 1-2/6"
expect "WEBrick: and another If-Range" "$(ask "$webrick" bytes=1-2 '"other"')" "206 bytes 1-2/6"
expect "lighttpd: and another If-Range" "$(ask "$lighttpd" bytes=1-2 '"other"')" "200 no range"
expect "WEBrick: bytes=-100" "$(ask "$webrick" bytes=-100)" "416 no range"
expect "lighttpd: bytes=-100" "$(ask "$lighttpd" bytes=-100)" "206 bytes 0-5/6"
expect "busybox: bytes=0-0,2-2" "$(ask "$busybox" bytes=0-0,2-2)" "200 no range"
expect "WEBrick: bytes=0-0,2-2" "$(ask "$webrick" bytes=0-0,2-2)" "206 multipart"
expect "lighttpd: bytes=0-0,2-2" "$(ask "$lighttpd" bytes=0-0,2-2)" "206 bytes 0-2/6"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
