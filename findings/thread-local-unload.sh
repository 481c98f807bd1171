#!/usr/bin/env bash
# A C++ plugin with a thread_local object that has a destructor, unloaded by dlclose.
#
# Guess:   dlclose unmaps it, or fails; or it is unmapped when the last thread that used the object ends.
# So is:   once a thread has touched the object, dlclose returns 0 and the plugin stays mapped; the end of that thread runs the destructor
#          but does not unmap it either. Only a later dlclose of it, after another dlopen, does. Untouched, it goes at once.
# Means:   where plugins are replaced in a process that lives on, the old code stays and dlopen of the same file gives it back, with
#          its old statics. Ask /proc/self/maps, not the return value.
# Seen on: Debian 12, glibc 2.36, g++ 12.2.0.
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
expect "glibc" "$(ldd --version | sed -n '1s/.* //p')" "2.36"
cat >plugin.cc <<'END'
static int ended;
extern "C" { int calls; }
struct cache {
    int value = 4;
    ~cache() { ended++; }
};
static thread_local cache mine;
extern "C" int touch() { return mine.value + calls++; }
END
g++ -O1 -shared -fPIC -o plugin.so plugin.cc
cat >t.c <<'END'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
static const char *mapped(void) {
    static char maps[1 << 20];
    FILE *file = fopen("/proc/self/maps", "r");
    maps[fread(maps, 1, sizeof maps - 1, file)] = 0;
    fclose(file);
    return strstr(maps, "plugin.so") ? "mapped" : "gone";
}
static void *use(void *touch) {
    void *plugin = dlopen("./plugin.so", RTLD_NOW | RTLD_LOCAL);
    if (touch) ((int (*)(void))dlsym(plugin, "touch"))();
    int rc = dlclose(plugin);
    printf("dlclose %d, %s; ", rc, mapped());
    return NULL;
}
int main(void) {
    static int yes;
    pthread_t thread;
    pthread_create(&thread, NULL, use, NULL);
    pthread_join(thread, NULL);
    printf("thread ended, %s\n", mapped());
    pthread_create(&thread, NULL, use, &yes);
    pthread_join(thread, NULL);
    printf("thread ended, %s; ", mapped());
    void *plugin = dlopen("./plugin.so", RTLD_NOW | RTLD_LOCAL);
    printf("loaded again, calls %d, ", *(int *)dlsym(plugin, "calls"));
    int rc = dlclose(plugin);
    printf("dlclose %d, %s\n", rc, mapped());
    return 0;
}
END
gcc -o t t.c
./t >out
expect "untouched" "$(sed -n 1p out)" "dlclose 0, gone; thread ended, gone"
expect "touched" "$(sed -n 2p out)" "dlclose 0, mapped; thread ended, mapped; loaded again, calls 1, dlclose 0, gone"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
