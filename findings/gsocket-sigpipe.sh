#!/usr/bin/env bash
# The first GSocket (GIO) that is made in a process.
#
# Guess:   GLib writes with MSG_NOSIGNAL and leaves SIGPIPE as it is.
# So is:   it sets SIGPIPE to ignored for the whole process, and it stays so after the socket is gone and dlclose was called.
#          Whatever the process starts afterwards inherits that: `yes | head -1` of a child no longer ends by the signal.
# Means:   a plugin that uses libsoup or any other GIO networking changes pipes of everybody's children. Set SIGPIPE back between
#          fork and exec (POSIX_SPAWN_SETSIGDEF), and never rely on its being as main() left it.
# Seen on: Debian 12, libglib2.0-0 2.74.6-2+deb12u9.
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
get libglib2.0-0=2.74.6-2+deb12u9
cat >t.c <<'END'
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
static const char *pipe_signal(void) {
    struct sigaction now;
    sigaction(SIGPIPE, NULL, &now);
    return now.sa_handler == SIG_DFL ? "default" : now.sa_handler == SIG_IGN ? "ignored" : "handled";
}
int main(void) {
    void *gio = dlopen("libgio-2.0.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!gio) return puts(dlerror());
    printf("loaded %s, ", pipe_signal());
    fflush(stdout);
    void *socket = ((void *(*)(int, int, int, void *))dlsym(gio, "g_socket_new"))(2, 1, 6, NULL);
    ((void (*)(void *))dlsym(gio, "g_object_unref"))(socket);
    dlclose(gio);
    printf("after a socket %s\n", pipe_signal());
    fflush(stdout);
    return system("bash -c 'yes 2>/dev/null | head -1 >/dev/null; echo a child: yes ended with ${PIPESTATUS[0]}'");
}
END
gcc -o t t.c
own ./t >out
expect "SIGPIPE" "$(sed -n 1p out)" "loaded default, after a socket ignored"
expect "what it starts" "$(sed -n 2p out)" "a child: yes ended with 1"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
