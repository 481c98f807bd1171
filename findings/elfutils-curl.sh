#!/usr/bin/env bash
# A program that asks libdw for the line of an address in a module without debugging information, with DEBUGINFOD_URLS unset.
#
# Guess:   nothing of a network is loaded: no server is named.
# So is:   the first look for debugging information loads libdebuginfod and with it libcurl, TLS, LDAP, Kerberos, ... into the process, which
#          stay after dwfl_end.
# Means:   a crash reporter in a server becomes large and slow at the worst moment, and a sandbox must let it read those libraries
#          (or hide libdebuginfod.so.1). Unsetting the variable keeps it from the network, not from loading.
# Seen on: Debian 12, elfutils 0.188-2.1.
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
get libdw1=0.188-2.1 libelf1=0.188-2.1 libdw-dev=0.188-2.1 libelf-dev=0.188-2.1 libdebuginfod1=0.188-2.1 libcurl3-gnutls=7.88.1-10+deb12u15
cat >t.c <<'END'
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
static void mapped(const char *when) {
    char line[4096], last[4096] = "";
    int count = 0, curl = 0;
    FILE *file = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, file)) {
        char *path = strchr(line, '/');
        if (path && strstr(path, ".so") && strcmp(path, last)) count++, strcpy(last, path);
        if (path && strstr(path, "libcurl")) curl = 1;
    }
    fclose(file);
    printf("%s: libcurl %s, %s\n", when, curl ? "is there" : "is not there", count > 20 ? "more than 20 libraries" : "few libraries");
}
int main(void) {
    static char *path;
    Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf, .find_debuginfo = dwfl_standard_find_debuginfo, .debuginfo_path = &path};
    Dwfl *dwfl = dwfl_begin(&callbacks);
    dwfl_linux_proc_report(dwfl, getpid());
    dwfl_report_end(dwfl, NULL, NULL);
    Dwfl_Module *module = dwfl_addrmodule(dwfl, (Dwarf_Addr)main);
    mapped("modules reported");
    dwfl_module_getsrc(module, (Dwarf_Addr)main);
    mapped("line asked for");
    dwfl_end(dwfl);
    mapped("ended");
}
END
gcc -I root/usr/include -o t t.c "$L/libdw.so.1" "$L/libelf.so.1"
unset DEBUGINFOD_URLS
own ./t >out
expect "modules reported" "$(sed -n '1s/.*: //p' out)" "libcurl is not there, few libraries"
expect "line asked for" "$(sed -n '2s/.*: //p' out)" "libcurl is there, more than 20 libraries"
expect "ended" "$(sed -n '3s/.*: //p' out)" "libcurl is there, more than 20 libraries"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
