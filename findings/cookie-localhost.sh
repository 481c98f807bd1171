#!/usr/bin/env bash
# Set-Cookie with Domain=localhost, from a server that is asked as http://localhost.
#
# Guess:   the domain is the host, so each client sends the cookie back.
# So is:   curl, wget and aria2 do. Python requests and Perl's LWP drop it without a word, and keep the one without Domain.
# Means:   a login that sets Domain from the Host field works in the browser and with curl, and its tests in Python or Perl on
#          localhost are never logged in. Leave Domain out.
# Seen on: Debian 12, the versions below, Perl 5.36.
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
get curl=7.88.1-10+deb12u15 wget=1.21.3-1+deb12u1 aria2=1.36.0-1 python3-requests=2.28.1+dfsg-1 python3-urllib3=1.26.12-1+deb12u4 libwww-perl=6.68-1
printf 'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Domain=localhost\r\nSet-Cookie: b=1\r\nContent-Length: 3\r\nConnection: close\r\n\r\nno\n' >answer
serve answer
url=http://localhost:$PORT/x
sent() { # the names of the cookies that were sent
    # shellcheck disable=SC2046
    echo $(sed -n 's/^[Cc]ookie: //p' asked | tr -d '\r' | tr ';' '\n' | sed -n 's/^ *\([ab]\)=.*/\1/p' | sort)
    : >asked
}
own curl -s -c jar "$url" >/dev/null
own curl -s -b jar "$url" >/dev/null
expect "curl" "$(sent)" "a b"
: >asked
own wget -q -O got --save-cookies jar2 --keep-session-cookies "$url"
own wget -q -O got --load-cookies jar2 "$url"
expect "wget" "$(sent)" "a b"
: >asked
own aria2c -q -o one --save-cookies=jar3 "$url"
own aria2c -q -o two --load-cookies=jar3 "$url"
expect "aria2c" "$(sent)" "a b"
: >asked
PYTHONPATH=$T/root/usr/lib/python3/dist-packages python3 -c "import requests
s = requests.Session(); s.get('$url'); s.get('$url')"
expect "Python requests" "$(sent)" "b"
: >asked
PERL5LIB=$T/root/usr/share/perl5:$L/perl5/5.36 perl -MLWP::UserAgent -e '
my $u = LWP::UserAgent->new(cookie_jar => {}); $u->get($ARGV[0]) for 1, 2' "$url"
expect "Perl LWP" "$(sent)" "b"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
