#!/usr/bin/env bash
# wget and aria2 told to try three times, on 500, 502, 503 and 504.
#
# Guess:   they repeat all of the four or none of them; the exit status says "the server answered with an error" (wget: 8).
# So is:   only 504 is tried again, three times in all. wget then ends with 4, "network failure"; the 503 with "Retry-After: 1" that a server
#          sends when it is overloaded is final for both, at once.
# Means:   504 from an overloaded server multiplies the load; 503 does not, but its Retry-After is read by neither.
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
get wget=1.21.3-1+deb12u1 aria2=1.36.0-1
try() {
    local rc=0
    : >asked
    own timeout 60 "$@" >out 2>err </dev/null || rc=$?
    echo "exit $rc after $(asked)"
}
for status in 500 502 503 504; do
    printf 'HTTP/1.1 %s Error\r\nRetry-After: 1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n' $status >answer
    serve answer
    url=http://127.0.0.1:$PORT/x
    wget="exit 8 after 1" aria2="exit 29 after 1"
    case $status in
        500) aria2="exit 22 after 1" ;;
        504) wget="exit 4 after 3" aria2="exit 29 after 3" ;;
    esac
    expect "$status: wget -t 3" "$(try wget -q -t 3 -O got "$url")" "$wget"
    expect "$status: aria2c --max-tries=3" "$(try aria2c -q --max-tries=3 -o got "$url")" "$aria2"
done

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
