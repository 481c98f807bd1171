#!/usr/bin/env bash
# A body in Content-Encoding: gzip that has two members, as `cat a.gz b.gz`, bgzip and log rotation make it (RFC 1952, 2.2).
#
# Guess:   whoever decodes gzip gets the content of both, as gunzip does.
# So is:   Python requests gets both. wget, wget2, aria2, Ruby's Net::HTTP and Tcl's http stop after the first
#          and report success: the rest of the content is missing without a word. curl writes the first, then fails with 23.
# Means:   a server that serves files which were compressed before must send one member, or the client silently keeps a part.
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
get curl=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1 aria2=1.36.0-1 wget2=1.99.1-2.2 python3-requests=2.28.1+dfsg-1 python3-urllib3=1.26.12-1+deb12u4 \
    ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1 tcl8.6=8.6.13+dfsg-2
{ printf 'Hello\n' | gzip -n; printf 'world\n' | gzip -n; } >body
{ printf 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %s\r\nConnection: close\r\n\r\n' "$(wc -c <body)"; cat body; } >answer
expect "gunzip" "$(gunzip <body | tr '\n' ' ')" "Hello world "
serve answer
url=http://127.0.0.1:$PORT/x
try() {
    rm -f got
    local rc=0
    own timeout 30 "$@" >out 2>err </dev/null || rc=$?
    [ -e got ] || mv out got
    echo "exit $rc, $(tr '\n' ' ' <got)"
}
expect "curl --compressed" "$(try curl -sf --compressed "$url")" "exit 23, Hello "
expect "wget --compression=auto" "$(try wget -q --compression=auto -O got "$url")" "exit 0, Hello "
expect "wget2" "$(try wget2 -q -O got "$url")" "exit 0, Hello "
expect "aria2c --http-accept-gzip" "$(try aria2c -q --http-accept-gzip=true -o got "$url")" "exit 0, Hello "
expect "Ruby Net::HTTP" "$(try ruby3.1 -rnet/http -e "print Net::HTTP.get(URI('$url'))")" "exit 0, Hello "
echo "package require http; puts -nonewline [http::data [http::geturl $url]]" >get.tcl
expect "Tcl http" "$(try tclsh8.6 get.tcl)" "exit 0, Hello "
export PYTHONPATH=$T/root/usr/lib/python3/dist-packages
expect "Python requests" "$(try python3 -c "import requests; print(requests.get('$url').text, end='')")" "exit 0, Hello world "

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
