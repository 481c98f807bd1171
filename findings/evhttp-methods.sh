#!/usr/bin/env bash
# A server of libevent's evhttp with one general callback, as its examples have it.
#
# Guess:   every method reaches the callback; a HEAD is answered without the body; no field is sent that was not set but Date and length.
# So is:   OPTIONS, PATCH and all of WebDAV are answered 501 by the library; the callback never sees them unless
#          evhttp_set_allowed_methods names them. To HEAD the callback's body is sent, behind a head without a length, so the next
#          answer on the connection is misread. Without a type of one's own it says text/html; charset=ISO-8859-1.
# Means:   a page's CORS preflight (OPTIONS) fails before any code of yours; a callback must itself leave out the body of a HEAD, and
#          set Content-Type always.
# Seen on: Debian 12, libevent 2.1.12-stable-8+deb12u1.
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
get libevent-2.1-7=2.1.12-stable-8+deb12u1 libevent-dev=2.1.12-stable-8+deb12u1 libevent-core-2.1-7=2.1.12-stable-8+deb12u1 \
    libevent-extra-2.1-7=2.1.12-stable-8+deb12u1
cat >t.c <<'END'
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
static void answer(struct evhttp_request *request, void *user) {
    (void)user;
    struct evbuffer *body = evbuffer_new();
    evbuffer_add_printf(body, "body\n");
    evhttp_send_reply(request, 200, "OK", body);
    evbuffer_free(body);
}
int main(void) {
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    struct evhttp_bound_socket *bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *)&address, &size);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    evhttp_set_gencb(http, answer, NULL);
    return event_base_dispatch(base);
}
END
gcc -I root/usr/include -o t t.c "$L/libevent-2.1.so.7"
spawn ./t >port
until [ -s port ]; do sleep 0.05; done
ask() { # METHOD: the status, the type, what is behind the head
    python3 - "$(cat port)" "$1" <<'END'
import re, socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), 20)
peer.sendall(f"{sys.argv[2]} /x HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n".encode())
data = b""
while piece := peer.recv(65536):
    data += piece
head, body = data.decode().split("\r\n\r\n", 1)
field = lambda name: (re.findall(f"^{name}: (.*?)\r?$", head, re.M) or ["none"])[0]
print(f"{head.split()[1]}, type {field('Content-Type')}, length {field('Content-Length')}, {'the body' if body == 'body' + chr(10) else 'its own page'}")
END
}
expect "GET" "$(ask GET)" "200, type text/html; charset=ISO-8859-1, length 5, the body"
expect "HEAD" "$(ask HEAD)" "200, type none, length none, the body"
expect "DELETE" "$(ask DELETE | cut -d, -f1)" "200"
expect "OPTIONS" "$(ask OPTIONS)" "501, type text/html, length 102, its own page"
expect "PATCH" "$(ask PATCH | cut -d, -f1)" "501"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
