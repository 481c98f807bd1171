#!/usr/bin/env bash
# A trailer field behind a chunked body, as a checksum is sent that is known at the end only.
#
# Guess:   clients drop it, or hand it out apart from the head (RFC 9110, 6.5.1).
# So is:   Perl's LWP merges it into the head: a trailer Last-Modified that the head did not have is the answer's Last-Modified. curl -D writes
#          it into the file behind the empty line, while %header{} knows nothing of it. Python and Ruby drop it without a trace.
# Means:   send in a trailer only what may be lost, and nothing whose name means something in a head.
# Seen on: Debian 12, the versions below, Perl 5.36, Python 3.11.
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
get curl=7.88.1-10+deb12u15 libcurl4=7.88.1-10+deb12u15 libwww-perl=6.68-1 ruby3.1=3.1.7+really3.1.2-0+deb12u1 libruby3.1=3.1.7+really3.1.2-0+deb12u1
printf 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Last-Modified\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\n' >answer
printf 'Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n' >>answer
serve answer
url=http://127.0.0.1:$PORT/x
expect "Perl LWP" "$(PERL5LIB=$T/root/usr/share/perl5:$L/perl5/5.36 perl -MLWP::UserAgent -e '
my $r = LWP::UserAgent->new->get($ARGV[0]); print $r->content, ", ", $r->header("Last-Modified") // "none"' "$url")" \
    "abc, Mon, 01 Jan 2024 00:00:00 GMT"
expect "curl %header{}" "$(own curl -s -D fields -w ', %header{last-modified}' "$url")" "abc, "
expect "curl -D, behind the empty line" "$(tr -d '\r' <fields | sed '1,/^$/d')" "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT"
expect "Python urllib" "$(python3 -c "import urllib.request as u
r = u.urlopen('$url'); print(r.read().decode(), r.headers['Last-Modified'], sep=', ')")" "abc, None"
expect "Ruby Net::HTTP" "$(own ruby3.1 -rnet/http -e "r = Net::HTTP.get_response(URI('$url')); print r.body, ', ', r['Last-Modified'].inspect")" "abc, nil"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
