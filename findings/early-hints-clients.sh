#!/usr/bin/env bash
# Clients that meet a 103 (Early Hints) before the answer.
#
# Guess:   every HTTP/1.1 client skips informational answers that it does not know (RFC 9110, 15.2), as it does 100.
# So is:   curl, wget, aria2 and Ruby's Net::HTTP do. apt and Tcl's http, busybox wget, axel, lftp, Python's urllib and requests
#          take the 103 for the answer: most fail, but requests and Tcl report success with status 103 and an empty body.
#          snarf stores the second head in the file, and says that all is well.
# Means:   a handler that sends 103 to whoever speaks HTTP/1.1 breaks package managers and scripts. Send it to navigation
#          requests of browsers only. A client must read on after every 1xx but 101.
# Seen on: Debian 12, the versions below, Python 3.11.2.
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
get curl=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1 aria2=1.36.0-1 axel=2.17.11-3 lftp=4.9.2-2+b1 snarf=7.0-9+b1 busybox=1:1.35.0-4+deb12u1+b1 \
    python3-requests=2.28.1+dfsg-1 python3-urllib3=1.26.12-1+deb12u4 \
    ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1 tcl8.6=8.6.13+dfsg-2
printf 'HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n' >answer
serve answer
url=http://127.0.0.1:$PORT/x
try() { # COMMAND...: its exit status, and what came
    rm -f got
    local rc=0
    own timeout 30 "$@" >out 2>err </dev/null || rc=$?
    [ -e got ] || mv out got
    echo "exit $rc, $(wc -c <got) bytes$(grep -q '^HTTP/1.1 200' got && echo ', a head among them' || true)"
}
expect "curl" "$(try curl -sf "$url")" "exit 0, 6 bytes"
expect "wget" "$(try wget -q -O got "$url")" "exit 0, 6 bytes"
expect "aria2c" "$(try aria2c -q -o got "$url")" "exit 0, 6 bytes"
expect "Ruby Net::HTTP" "$(try ruby3.1 -rnet/http -e "print Net::HTTP.get(URI('$url'))")" "exit 0, 6 bytes"
echo "package require http; set t [http::geturl $url]
puts -nonewline stderr \"[http::status \$t] [http::ncode \$t]\"; puts -nonewline [http::data \$t]" >get.tcl
expect "Tcl http" "$(try tclsh8.6 get.tcl), $(cat err)" "exit 0, 0 bytes, ok 103"
expect "busybox wget" "$(try busybox wget -q -O got "$url")" "exit 1, 0 bytes"
expect "axel" "$(try axel -q -o got "$url" | cut -d, -f1)" "exit 1"
expect "lftp get" "$(try lftp -c "get $url -o got")" "exit 1, 0 bytes"
expect "snarf" "$(try snarf -n "$url" got)" "exit 0, 63 bytes, a head among them"
expect "Python urllib" "$(python3 -c "import urllib.request as u, sys
try: print(u.urlopen('$url').status)
except Exception as e: print(e)")" "HTTP Error 103: Early Hints"
expect "Python requests" "$(PYTHONPATH=$T/root/usr/lib/python3/dist-packages python3 -c "import requests
r = requests.get('$url'); print(r.status_code, r.ok, r.content)")" "103 True b''"
expect "apt's version" "$(dpkg-query -W -f '${Version}' apt)" "2.6.1"
rc=0
/usr/lib/apt/apt-helper -o APT::Sandbox::User=root -o Acquire::Retries=0 download-file "$url" "$T/apt-got" >out 2>&1 || rc=$?
expect "apt (apt-helper)" "exit $rc, $(grep -o '103  Early Hints' out | head -1)" "exit 100, 103  Early Hints"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
