#!/usr/bin/env bash
# 300 Multiple Choices with a Location, and a body that lists the choices.
#
# Guess:   download tools do not follow it, for it is the user's choice; or all follow the server's preference.
# So is:   curl -L, wget, aria2, busybox wget and axel go to Location. Python requests hands out the list as a success, lftp
#          and apt fail.
# Means:   what a client ends up with is not to be told: send 302 or 303 if it is to go there, 200 with the list if not.
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
get curl=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1 aria2=1.36.0-1 axel=2.17.11-3 lftp=4.9.2-2+b1 busybox=1:1.35.0-4+deb12u1+b1 \
    python3-requests=2.28.1+dfsg-1 python3-urllib3=1.26.12-1+deb12u4
printf 'HTTP/1.1 300 Multiple Choices\r\nLocation: /final\r\nContent-Length: 5\r\nConnection: close\r\n\r\nlist\n' >answer
serve answer
url=http://127.0.0.1:$PORT/x
try() {
    rm -f got
    local rc=0
    own timeout 30 "$@" >out 2>err </dev/null || rc=$?
    [ -s got ] || mv out got
    echo "exit $rc, $(tr '\n' ' ' <got)"
}
expect "curl -L" "$(try curl -sfL "$url")" "exit 0, final "
expect "wget" "$(try wget -q -O got "$url")" "exit 0, final "
expect "aria2c" "$(try aria2c -q -o got "$url")" "exit 0, final "
expect "busybox wget" "$(try busybox wget -q -O got "$url")" "exit 0, final "
expect "axel" "$(try axel -q -o got "$url")" "exit 0, final "
expect "lftp get" "$(try lftp -c "get $url -o got")" "exit 1, "
expect "Python requests" "$(PYTHONPATH=$T/root/usr/lib/python3/dist-packages try python3 -c "import requests
r = requests.get('$url'); print(r.ok, r.text, end='')")" "exit 0, True list "
expect "apt's version" "$(dpkg-query -W -f '${Version}' apt)" "2.6.1"
rc=0
/usr/lib/apt/apt-helper -o APT::Sandbox::User=root -o Acquire::Retries=0 download-file "$url" "$T/apt-got" >out 2>&1 || rc=$?
expect "apt (apt-helper)" "exit $rc" "exit 100"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
