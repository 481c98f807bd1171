#!/usr/bin/env bash
# A backend's 103 (Early Hints) behind reverse proxies.
#
# Guess:   a proxy passes informational answers on, or drops them, and delivers the final answer (RFC 9110, 15.2).
# So is:   HAProxy passes both on. nginx 1.22 (proxy_http_version 1.1) takes the 103 for the whole head, never sends the 200 that
#          the backend sent in the same packet, and waits for more until proxy_read_timeout. Varnish 7.1 answers 503.
# Means:   a handler must not send 103 unless it knows what is in front of it: behind nginx or Varnish the page is lost.
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
spawn() { # the same in the background; its process is that program, so that the end reaches it
    (
        export PATH=$T/root/usr/bin:$T/root/bin:$T/root/usr/sbin:$T/root/sbin:$PATH LD_LIBRARY_PATH=$L:$T/root/lib/x86_64-linux-gnu
        exec "$@"
    ) &
    PIDS+=($!)
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
get nginx=1.22.1-9+deb12u11 haproxy=2.6.12-1+deb12u4 varnish=7.1.1-2+deb12u1
printf 'HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n' >answer
serve answer
chmod 755 .
free() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ask() { # PORT: waits until it listens, asks once, and prints the status lines and whether the body came
    python3 - "$1" <<'END'
import re, socket, sys, time
end = time.time() + 60
while True:
    try:
        peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5)
        break
    except OSError:
        if time.time() > end:
            raise
        time.sleep(0.2)
peer.settimeout(20)
peer.sendall(b"GET /x HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n")
data = b""
try:
    while True:
        piece = peer.recv(65536)
        if not piece:
            break
        data += piece
except OSError:
    pass
print(" ".join(re.findall(r"^HTTP/1.1 (\d+)", data.decode(), re.M)), "body" if b"hello" in data else "no body")
END
}
nginx=$(free)
cat >nginx.conf <<END
daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.log; events {}
http {
    access_log off;
    client_body_temp_path $T/b; proxy_temp_path $T/p; fastcgi_temp_path $T/f; uwsgi_temp_path $T/u; scgi_temp_path $T/s;
    server { listen 127.0.0.1:$nginx; location / { proxy_http_version 1.1; proxy_read_timeout 3s; proxy_pass http://127.0.0.1:$PORT; } }
}
END
spawn nginx -c "$T/nginx.conf" 2>/dev/null
haproxy=$(free)
printf 'defaults\n mode http\n timeout client 20s\n timeout server 20s\n timeout connect 20s\nlisten all\n bind 127.0.0.1:%s\n server s 127.0.0.1:%s\n' \
    "$haproxy" "$PORT" >haproxy.cfg
spawn haproxy -db -f haproxy.cfg >/dev/null 2>&1
varnish=$(free)
mkdir -m 755 varnish
spawn varnishd -F -n "$T/varnish" -a "127.0.0.1:$varnish" -b "127.0.0.1:$PORT" -s malloc,10m >/dev/null 2>&1
expect "HAProxy 2.6.12" "$(ask "$haproxy")" "103 200 body"
expect "nginx 1.22.1" "$(ask "$nginx")" "103 no body"
expect "Varnish 7.1.1" "$(ask "$varnish")" "503 no body"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
