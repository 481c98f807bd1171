#!/usr/bin/env bash
# curl -z FILE -o FILE, from a server that answers 200 with a Last-Modified before the time of FILE.
#
# Guess:   the server decides: a 200 comes with a body, and the file is replaced.
# So is:   curl compares Last-Modified itself, drops the body, leaves the file as it was, and ends with 0; %{http_code} is
#          304, which nobody sent.
# Means:   when a server goes back to an older version of a file (a roll-back, a restored backup), clients with curl -z never get it, even
#          if the handler ignores If-Modified-Since on purpose. An ETag (--etag-compare) has no such order; a handler may leave Last-Modified out.
# Seen on: Debian 12, curl 7.88.1-10+deb12u15.
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
get curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15
printf 'HTTP/1.1 200 OK\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnew\n' >answer
serve answer
try() { # TIME
    echo old >file
    touch -d "$1" file
    local rc=0
    own curl -s -z file -o file -w '%{http_code}' "http://127.0.0.1:$PORT/x" >out || rc=$?
    echo "exit $rc, status $(cat out), the file is $(cat file)"
}
expect "the file is of 2023" "$(try 2023-06-01)" "exit 0, status 200, the file is new"
expect "the file is of 2025" "$(try 2025-06-01)" "exit 0, status 304, the file is old"
expect "asked with a condition" "$(grep -aci '^if-modified-since: ' asked)" "2"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
