#!/usr/bin/env bash
# PHP (embed) and SWI-Prolog in a process: which signals they take, and what is left after they were shut down.
#
# Guess:   PHP takes none or puts all back; SWI-Prolog takes SIGINT; both leave the locale's numbers alone.
# So is:   after php_embed_init and php_embed_shutdown HUP, INT, QUIT, USR1, USR2, TERM and PROF keep PHP's handler, and PIPE is
#          ignored. SWI-Prolog takes fifteen, those of crashes among them, and PL_cleanup leaves SEGV and SYS; INT is not taken with
#          -q alone. It also sets the locale from the environment, LC_NUMERIC included, for the whole process.
# Means:   a host that ends by SIGTERM, or that reports crashes by a SIGSEGV handler, has to set its handlers again after a plugin
#          has started such a runtime, and a plugin should save and restore them around it.
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
get libphp8.2-embed=8.2.36-1~deb12u1 swi-prolog-core=9.0.4+dfsg-2
cat >t.c <<'END'
#include <dlfcn.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
static struct sigaction before[32];
static void taken(const char *when) {
    printf("%s:", when);
    for (int i = 1; i < 32; i++) {
        struct sigaction now;
        if (sigaction(i, NULL, &now) == 0 && now.sa_handler != before[i].sa_handler) printf(" %s", sigabbrev_np(i));
    }
    printf("; LC_NUMERIC %s\n", setlocale(LC_NUMERIC, NULL));
    fflush(stdout);
}
int main(int argc, char **argv) {
    for (int i = 1; i < 32; i++) sigaction(i, NULL, &before[i]);
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) return puts(dlerror());
    if (argc > 2) {
        char *arguments[] = {"swipl", "-q", NULL};
        ((int (*)(int, char **))dlsym(library, "PL_initialise"))(2, arguments);
        taken("started");
        ((int (*)(int))dlsym(library, "PL_cleanup"))(0);
    } else {
        ((int (*)(int, char **))dlsym(library, "php_embed_init"))(0, NULL);
        taken("started");
        ((void (*)(void))dlsym(library, "php_embed_shutdown"))();
    }
    taken("shut down");
    return 0;
}
END
gcc -D_GNU_SOURCE -o t t.c
own ./t "$(find "$T/root" -name 'libphp8.2.so' -o -name 'libphp.so' | head -1)" >php 2>/dev/null
SWI_HOME_DIR=$T/root/usr/lib/swi-prolog own ./t "$(find "$T/root" -name 'libswipl.so.9' | head -1)" prolog >prolog 2>/dev/null
expect "PHP started" "$(sed -n '1s/started: //p' php)" "HUP INT QUIT USR1 USR2 PIPE TERM PROF; LC_NUMERIC C"
expect "PHP shut down" "$(sed -n '2s/shut down: //p' php)" "HUP INT QUIT USR1 USR2 PIPE TERM PROF; LC_NUMERIC C"
expect "SWI-Prolog started" "$(sed -n '1s/started: //p' prolog)" "HUP QUIT ILL ABRT BUS FPE SEGV USR2 PIPE ALRM TERM XCPU XFSZ VTALRM SYS; LC_NUMERIC C.UTF-8"
expect "SWI-Prolog shut down" "$(sed -n '2s/shut down: //p' prolog)" "SEGV SYS; LC_NUMERIC C.UTF-8"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
