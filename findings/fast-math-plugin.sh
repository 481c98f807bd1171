#!/usr/bin/env bash
# A plugin that is linked with gcc -ffast-math and does nothing.
#
# Guess:   the option changes how the plugin's own code is compiled.
# So is:   with gcc 12 it also links a constructor that sets flush-to-zero in the floating point control register of the thread that
#          calls dlopen: from then on the smallest doubles are 0 there, in everybody's code, also after dlclose. Compiled with
#          the option but linked without, nothing happens.
# Means:   one plugin changes the arithmetic of all that share its process, and of the threads started by its thread. Do not pass
#          the option (nor -Ofast) when linking a shared object; a host can compare the register around dlopen.
# Seen on: Debian 12, gcc 12.2.0-14+deb12u1, x86-64.
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
expect "compiler" "$(gcc -dumpfullversion)" "12.2.0"
echo 'int nothing;' >plugin.c
gcc -shared -fPIC -o plain.so plugin.c
gcc -shared -fPIC -ffast-math -o fast.so plugin.c
gcc -c -fPIC -ffast-math -o plugin.o plugin.c
gcc -shared -o linked-plainly.so plugin.o
cat >t.c <<'END'
#include <dlfcn.h>
#include <float.h>
#include <stdio.h>
static const char *tiny(void) {
    volatile double small = DBL_MIN;
    return small / 2 > 0 ? "kept" : "zero";
}
int main(int argc, char **argv) {
    (void)argc;
    printf("before %s, ", tiny());
    void *plugin = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (!plugin) return puts(dlerror());
    printf("loaded %s, ", tiny());
    dlclose(plugin);
    printf("unloaded %s\n", tiny());
}
END
gcc -o t t.c
expect "linked plainly" "$(./t ./plain.so)" "before kept, loaded kept, unloaded kept"
expect "compiled with, linked without" "$(./t ./linked-plainly.so)" "before kept, loaded kept, unloaded kept"
expect "linked with -ffast-math" "$(./t ./fast.so)" "before kept, loaded zero, unloaded zero"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
