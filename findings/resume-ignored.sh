#!/usr/bin/env bash
# A download that is continued, from a server that does not know Range and answers 200 with everything; its file has changed.
#
# Guess:   a 200 to a Range request means "from the start", so each client starts anew, or fails.
# So is:   wget -c and lftp skip as many bytes of the 200 as the file has, and append the rest: the file is a mixture of both versions, exit
#          status 0. busybox wget replaces it, curl ends with 33; wget2 (with -O) and aria2 do not ask with
#          Range in spite of -c, and replace it.
# Means:   a server or handler without ranges whose files change gives mixed files to who continues: answer Range with 206 or 416, or
#          change the file's name with its content.
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
get curl=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1 wget2=1.99.1-2.2 aria2=1.36.0-1 lftp=4.9.2-2+b1 busybox=1:1.35.0-4+deb12u1+b1
printf 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nnew text\n' >answer
serve answer
url=http://127.0.0.1:$PORT/x
try() {
    printf 'old' >got
    local rc=0
    : >asked
    own timeout 30 "$@" >out 2>err </dev/null || rc=$?
    echo "exit $rc, $(tr '\n' ' ' <got), Range $(grep -aic '^range: bytes=3-' asked) of $(asked)"
}
expect "wget -c" "$(try wget -q -c -O got "$url")" "exit 0, old text , Range 1 of 1"
expect "lftp get -c" "$(try lftp -c "get -c $url -o got")" "exit 0, old text , Range 1 of 1"
expect "wget2 -c" "$(try wget2 -q -c -O got "$url")" "exit 0, new text , Range 0 of 1"
expect "aria2c -c" "$(try aria2c -q -c -o got "$url")" "exit 0, new text , Range 0 of 1"
expect "busybox wget -c" "$(try busybox wget -q -c -O got "$url")" "exit 0, new text , Range 1 of 1"
expect "curl -C -" "$(try curl -s -C - -o got "$url")" "exit 33, old, Range 1 of 1"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
