#!/usr/bin/env bash
# Content-Encoding: x-gzip, and GZip.
#
# Guess:   x-gzip is gzip (RFC 9110, 8.4.1.3), and names of codings know no case; clients that asked for gzip undo both.
# So is:   curl, wget and Ruby do. Python requests (urllib3 1.26) does not know x-gzip: .text is the compressed bytes, status 200.
#          aria2 with --http-accept-gzip undoes only the exact word "gzip", and stores the rest as it came, with exit status 0.
# Means:   send "gzip" in small letters and nothing else; servers whose tables of file types say x-gzip (there are many) lose clients.
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
get curl=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1 aria2=1.36.0-1 python3-requests=2.28.1+dfsg-1 python3-urllib3=1.26.12-1+deb12u4 \
    ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1
printf 'hello\n' | gzip -n >body
export PYTHONPATH=$T/root/usr/lib/python3/dist-packages
try() {
    rm -f got
    local rc=0
    own timeout 30 "$@" >out 2>err </dev/null || rc=$?
    [ -e got ] || mv out got
    echo "exit $rc, $(cmp -s got body && echo 'still compressed' || tr '\n' ' ' <got)"
}
all() { # CODING and what each client is expected to make of it
    { printf 'HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %s\r\nConnection: close\r\n\r\n' "$1" "$(wc -c <body)"; cat body; } >answer
    serve answer
    local url=http://127.0.0.1:$PORT/x
    expect "$1: curl --compressed" "$(try curl -sf --compressed "$url")" "exit 0, hello "
    expect "$1: wget --compression=auto" "$(try wget -q --compression=auto -O got "$url")" "exit 0, hello "
    expect "$1: Ruby Net::HTTP" "$(try ruby3.1 -rnet/http -e "print Net::HTTP.get(URI('$url'))")" "exit 0, hello "
    expect "$1: Python requests" "$(try python3 -c "import requests, sys; sys.stdout.buffer.write(requests.get('$url').content)")" "exit 0, $2"
    expect "$1: aria2c" "$(try aria2c -q --http-accept-gzip=true -o got "$url")" "exit 0, $3"
}
all gzip "hello " "hello "
all x-gzip "still compressed" "still compressed"
all GZip "hello " "still compressed"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
