#!/usr/bin/env bash
# Rare success codes with a body: 203, 207, 226 and 299, each a success by its class (RFC 9110, 15).
#
# Guess:   a download tool treats a 2xx that it does not know as 200.
# So is:   aria2 and axel fail on every one of them, even on 203, which is all that a transforming proxy changes; busybox wget takes
#          203 but fails on the others. curl -f, wget, snarf and lftp store the body.
# Means:   a handler whose answer is to be downloaded says 200. A reason for another 2xx goes into a field.
# Seen on: Debian 12, the versions below.
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
cat >serve.py <<'END'
import os, socket, sys, threading
answer, port, asked = open(sys.argv[1], "rb").read(), sys.argv[2], sys.argv[3]
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
def serve(peer):
    data = b""
    try:
        while True:
            while b"\r\n\r\n" not in data:
                piece = peer.recv(65536)
                if not piece:
                    return
                data += piece
            head, data = data.split(b"\r\n\r\n", 1)
            with open(asked, "ab") as log:
                log.write(b"> " + head + b"\n")
            if head.split(b" ")[1] == b"/final":
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nfinal\n")
                return
            peer.sendall(answer)
            if b"\nConnection: close" in answer:
                return
    except OSError:
        pass
    finally:
        peer.close()
with open(port + ".new", "w") as out:
    out.write(str(listener.getsockname()[1]))
os.rename(port + ".new", port)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
END
serve() { # answers every request with the bytes of file $1; PORT is where, ./asked what was asked
    rm -f port
    : >asked
    python3 serve.py "$1" port asked >/dev/null &
    PIDS+=($!)
    until [ -s port ]; do sleep 0.05; done
    PORT=$(cat port)
}
asked() { grep -ac '^> ' asked || true; }
get curl=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1 aria2=1.36.0-1 axel=2.17.11-3 lftp=4.9.2-2+b1 snarf=7.0-9+b1 busybox=1:1.35.0-4+deb12u1+b1
try() {
    rm -f got
    local rc=0
    own timeout 30 "$@" >out 2>err </dev/null || rc=$?
    printf '%s ' "$rc"
}
all() {
    local url=http://127.0.0.1:$PORT/x
    try curl -sf -o got "$url"
    try wget -q -O got "$url"
    try snarf -n "$url" got
    try lftp -c "get $url -o got"
    try busybox wget -q -O got "$url"
    try axel -q -o got "$url"
    try aria2c -q --max-tries=1 -o got "$url"
}
echo "exit statuses of                   curl wget snarf lftp busybox-wget axel aria2c"
for status in 200 203 207 226 299; do
    case $status in
        200) then="0 0 0 0 0 0 0 " ;;
        203) then="0 0 0 0 0 1 22 " ;;
        *) then="0 0 0 0 1 1 22 " ;;
    esac
    printf 'HTTP/1.1 %s Fine\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n' "$status" >answer
    serve answer
    expect "$status" "$(all)" "$then"
done

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
