#!/usr/bin/env bash
# socgi dev and socgi build, by the real program with the system's compiler: what is saved is served, what does not
# compile, load or run is shown where it should answer, and nothing is left behind.
#     dev_test.sh SOCGI
set -uo pipefail
socgi=$1
source "$(dirname "${BASH_SOURCE[0]}")/dev.sh"

mkdir pc
export PKG_CONFIG_PATH=$work/pc # of packages that come later

# ---- dev ----
plugin src/hello.c 'return socgi_printf(res, "one\n") ? 500 : 200;'
plugin src/hello_test.c 'return 500;'
"$socgi" dev -l "unix:$work/s" -s "access_log=off" src > log 2>&1 &
dev=$!
becomes /hello '^one~$'
becomes / 'Plugins answer at: /hello \(hello\)~$'
said '^socgi dev: src/hello\.c compiled in [0-9]+ ms$'
said "^socgi dev: serving src at unix:$work/s; Ctrl-C ends it"

plugin src/hello.c 'return socgi_printf(res, "two\n") ? 500 : 200;'
becomes /hello '^two~$'

plugin src/hello.c 'return socgi_printf(res, "three\n") ? 500 : 200'
becomes /hello '^503 .*src/hello\.c does not compile~.*src/hello\.c:5:.*error: expected .;.*return socgi_printf'
said 'src/hello\.c:5:[0-9]+: error'
said '^socgi dev: src/hello\.c does not compile$'
[[ $(curl -s -m 120 --unix-socket s -o /dev/null -w '%{http_code} %header{refresh}' http://socgi/hello) == '503 1' ]] || fail 'a page of an error is not shown anew'

plugin src/hello.c 'extern int nowhere(void); return nowhere();'
becomes /hello '^503 .*hello\.so: undefined symbol: nowhere: .*cflags -lNAME'

plugin src/hello.c 'volatile int *p = NULL; return *p = socgi_printf(res, "x");'
becomes /hello '^502 .*incident [0-9a-f]{16}~~Its worker ended by signal 11 .*~SIGSEGV, .*#0 handle at src/hello\.c:5 \(hello\.so.*> +5 \|     volatile int \*p = NULL;'
said 'trace [0-9a-f]{16}: #0 handle at src/hello\.c:5'

plugin src/hello.c '(void)res; return 42;'
becomes /hello '^500 .*the handler returned 42, which is neither a status'

plugin src/hello.c 'for (volatile int i = 0;; i = 1) { (void)res; }'
sed -i 's/.handle = handle/.handle = handle, .timeout_ms = 100/' src/hello.c
becomes /hello '^504 .*was stuck at .*#0 handle at src/hello\.c:5'

plugin src/hello.c 'return socgi_printf(res, "four\n") ? 500 : 200;'
becomes /hello '^four~$'

# A route of its own: its errors are shown there, too.
sed 's/four/own/; s/.handle = handle/.handle = handle, .route = "\/my\/own"/' src/hello.c > src/.own && mv src/.own src/own.c
becomes /my/own/x '^own~$'
plugin src/own.c 'syntax error'
becomes /my/own '^503 .*src/own\.c does not compile'
rm src/own.c
becomes /my/own '^404'

# What is no plugin yet is told of where it will be, and is nobody else's.
echo 'int beginning(' > src/begun.c
becomes /begun '^503 .*src/begun\.c does not compile'
echo 'int beginning;' > src/begun.c
becomes /begun '^503 .*SOCGI_PLUGIN\(\.\.\.\) is missing'
plugin src/misspelt.c 'return socgi_print(res, "x");'
becomes /misspelt '^503 .*implicit declaration of function .socgi_print.'
rm src/begun.c src/misspelt.c
becomes /hello '^four~$'

# A folder with several files is one plugin, named by the file that says so.
mkdir src/pair
echo 'int seven(void);' > src/pair/seven.h
printf '#include "seven.h"\nint seven(void) { return 7; }\n' > src/pair/seven.c
{ echo '#include "seven.h"'; sed 's/return socgi_printf.*/return socgi_printf(res, "%d of %d\\n", seven(), LIMIT) ? 500 : 200;/; s/^#include/\/* socgi: cflags -DLIMIT=9 *\/\n&/' src/hello.c; } > src/pair/.x
mv src/pair/.x src/pair/pair.c
becomes /pair '^7 of 9~$'
sed -i 's/7/8/' src/pair/seven.c
becomes /pair '^8 of 9~$'
rm -r src/pair
becomes /pair '^404'

# What a plugin needs that is not there; it is tried again by itself until it is.
plugin src/wants.c 'return socgi_printf(res, "%d\n", LATE) ? 500 : 200;'
sed -i '1i /* socgi: pkg-config late */' src/wants.c
becomes /wants '^503 .*src/wants\.c cannot be compiled here~~.*pkg-config: src/wants\.c needs it\. Install the package'
printf 'Name: late\nDescription: late\nVersion: 1\nCflags: -DLATE=5\n' > pc/late.pc
becomes /wants '^5~$'

# C++ and what is built already.
sed 's/four/plus/' src/hello.c > src/.p && mv src/.p src/plus.cc
becomes /plus '^plus~$'
checks=$((checks + 1))
"$socgi" build -o out src/hello.c > /dev/null || fail 'build of one file'
cp out/hello.so src/ready.so
becomes /ready '^four~$'
rm src/ready.so
becomes /ready '^404'

checks=$((checks + 1))
kill -INT "$dev"
wait "$dev" || fail "dev ends with status $?"
dev=
pgrep -f "unix:$work/s" && fail 'a process is left'
[[ $(ls -d "$work"/socgi-dev-* 2>/dev/null) ]] && fail 'a folder is left'

# The server does not outlive it, however it ends.
"$socgi" dev -l "unix:$work/s" -s "access_log=off" src > log 2>&1 &
dev=$!
becomes /hello '^four~$'
checks=$((checks + 1))
kill -KILL "$dev"
wait "$dev" 2>/dev/null
dev=
for ((i = 0; i < 3600; i++)); do pgrep -f "unix:$work/s" > /dev/null || break; sleep 0.05; done
pgrep -f "unix:$work/s" && fail 'the server has outlived dev'

# ---- build ----
rm -f src/own.c src/wants.c src/plus.cc
expect 0 '^out/hello\.so$' build -o out src
[[ -e out/hello_test.so ]] && fail 'a test was built'
plugin src/bad.c 'extern int nowhere(void); return nowhere();'
expect 1 '^bad\.so: undefined symbol: nowhere' build -o out src/bad.c
expect 1 '^socgi build: src/bad\.c cannot be loaded$' build -o out src/bad.c
[[ -e out/bad.so || $(find out -name '.*') ]] && fail 'what cannot be loaded is left there'
plugin src/bad.c 'nonsense'
expect 1 '^socgi build: src/bad\.c does not compile$' build -o out src
expect 1 '^src/bad\.c:5:.*error' build -o out src/bad.c
expect 1 'no-such: No such file' build no-such
expect 1 'expected a folder' build -o no-such src
expect 1 'found no source of a plugin' build out
expect 2 "Try 'socgi build --help'" build --frobnicate
CC=no-such-compiler expect 1 'no-such-compiler: not found; install a compiler' build -o out src/hello.c
expect 1 'no-such: No such file' dev -l "unix:$work/s" ./no-such
expect 2 "Try 'socgi --help'" dev --frobnicate

checks_end 25
