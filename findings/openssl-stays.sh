#!/usr/bin/env bash
# A plugin that links libcurl, loaded with dlopen and unloaded again.
#
# Guess:   with the last dlclose the libraries that it brought are unmapped too, so a plugin that is loaded anew after an upgrade of
#          OpenSSL gets the new one.
# So is:   dlclose returns 0 and the plugin and libcurl go, but libcrypto, libssl, libp11-kit and libffi stay: they ask never to be unloaded.
# Means:   "reload the plugins" is no way to take in a security update of OpenSSL: the process has to be replaced.
# Seen on: Debian 12, libcurl4 7.88.1-10+deb12u15, libssl3 3.0.22-1~deb12u2.
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
get libcurl4=7.88.1-10+deb12u15 libssl3=3.0.22-1~deb12u2
cat >plugin.c <<'END'
const char *curl_version(void);
const char *plugin(void) { return curl_version(); }
END
gcc -shared -fPIC -o plugin.so plugin.c "$L/libcurl.so.4"
cat >t.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
static void mapped(const char *when) {
    const char *names[] = {"plugin.so", "libcurl.so", "libnghttp2.so", "libcrypto.so", "libssl.so", "libp11-kit.so", "libffi.so"};
    static char maps[1 << 20];
    FILE *file = fopen("/proc/self/maps", "r");
    maps[fread(maps, 1, sizeof maps - 1, file)] = 0;
    fclose(file);
    printf("%s:", when);
    for (int i = 0; i < 7; i++)
        if (strstr(maps, names[i])) printf(" %s", names[i]);
    puts("");
}
int main(void) {
    void *plugin = dlopen("./plugin.so", RTLD_NOW | RTLD_LOCAL);
    if (!plugin) return puts(dlerror());
    mapped("loaded");
    printf("dlclose returns %d, ", dlclose(plugin));
    mapped("then there are");
}
END
gcc -o t t.c
own ./t >out
expect "$(head -1 out | cut -d: -f1)" "$(sed -n '1s/.*: //p' out)" "plugin.so libcurl.so libnghttp2.so libcrypto.so libssl.so libp11-kit.so libffi.so"
expect "unloaded" "$(sed -n 2p out)" "dlclose returns 0, then there are: libcrypto.so libssl.so libp11-kit.so libffi.so"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
