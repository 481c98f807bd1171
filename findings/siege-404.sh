#!/usr/bin/env bash
# siege where every answer is 404.
#
# Guess:   availability 0 %, five failed transactions, an exit status that tells.
# So is:   availability 100 %, no failed and no successful transaction, exit status 0. With nobody listening it is 0 %, and still exit 0.
# Means:   a check of a deployment that reads siege's availability or exit status passes when every page is missing:
#          compare successful_transactions with transactions.
# Seen on: Debian 12, siege 4.0.7-1+b1.
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
get siege=4.0.7-1+b1
printf 'HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n' >answer
serve answer
printf 'verbose = false\nlogging = false\nshow-logfile = false\n' >siegerc
run() { # URL
    local rc=0
    HOME=$T own timeout 60 siege -R "$T/siegerc" -b -j -c 1 -r 5 "$1" >out 2>err </dev/null || rc=$?
    value() { sed -n "s/.*\"$1\":[[:space:]]*\([0-9.]*\).*/\1/p" out; }
    echo "exit $rc, transactions $(value transactions), available $(value availability), good $(value successful_transactions)," \
        "failed $(value failed_transactions)"
}
expect "all 404" "$(run "http://127.0.0.1:$PORT/x")" "exit 0, transactions 5, available 100.00, good 0, failed 0"
expect "asked" "$(asked)" "5"
expect "nobody listens" "$(run http://127.0.0.1:1/ | cut -d, -f1-3)" "exit 0, transactions 0, available 0.00"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
