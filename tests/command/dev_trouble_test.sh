#!/usr/bin/env bash
# socgi dev and socgi build among odd names, folders that come and go, compilers that hang and ends without notice.
#     dev_trouble_test.sh SOCGI
set -uo pipefail
socgi=$1
source "$(dirname "${BASH_SOURCE[0]}")/dev.sh"

# begin [PROGRAM ...]: dev over src in the background, started by that program.
begin() {
    "$@" "$socgi" dev -l "unix:$work/s" -s "access_log=off" src > log 2>&1 &
    dev=$!
}
# ended: it ends by itself, and in time.
ended() {
    checks=$((checks + 1))
    timeout 180 tail --pid="$dev" -f /dev/null || fail "dev goes on: $1"
    kill -KILL "$dev" 2>/dev/null
    wait "$dev" 2>/dev/null
    dev=
}
one() { plugin "$1" "return socgi_printf(res, \"$2\\n\") ? 500 : 200;"; }
# gone PATTERN: no process whose command line matches it is left, after a while.
gone() {
    checks=$((checks + 1))
    for ((i = 0; i < 3600; i++)); do pgrep -f -- "$1" > /dev/null || return; sleep 0.05; done
    fail "a process is left: $(pgrep -af -- "$1")"
}

# ---- Names that are options of a compiler, in the current folder ----
one src/-dash.c dash
one src/@at.c at
sed -i 's/.handle = handle/.name = "at", .route = "\/at", .handle = handle/' src/@at.c
one 'src/a b.c' blank
sed -i 's/.handle = handle/.name = "ab", .route = "\/ab", .handle = handle/' 'src/a b.c'
echo 'int main(' > 'src/.#dash.c'
ln -s nowhere 'src/.#lock.c'
ln -s nowhere.c src/dangling.c
echo 'int main(' > src/dash.c~
mkfifo src/fifo.c
ln -s /dev/zero src/zero.c
ln -s . src/self
ln -s loop src/loop
checks=$((checks + 1))
(cd src && "$socgi" build -o ../out > ../log 2>&1) || fail "build among odd names: $(cat log)"
for name in -dash @at 'a b'; do
    [[ -e out/$name.so ]] || fail "$name.so was not built"
done
rm -r src out && mkdir src out

# ---- A neighbour that cannot be read ----
one src/hello.c hello
one src/secret.c secret
chmod 000 src/secret.c
plain=()
((EUID == 0)) && plain=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search)
begin "${plain[@]}"
becomes /hello '^hello~$'
becomes /secret '^503 .*secret\.c does not compile.*Permission denied'
chmod 600 src/secret.c
touch src/secret.c
becomes /secret '^secret~$'
rm -f src/secret.c

mkdir -m 500 closed
checks=$((checks + 1))
"${plain[@]}" "$socgi" build -o closed src > log2 2>&1 && fail 'build into a folder that cannot be written'
[[ $(cat log2) == 'socgi build: --output: found "closed" (Permission denied), expected a folder that can be written' ]] ||
    fail "a folder that cannot be written is not told: $(cat log2)"

# ---- The folder is replaced, removed, made anew ----
cp -r src other
one other/hello.c other
mv src old && mv other src
becomes /hello '^other~$'
rm -r src
said 'src: No such file'
mkdir src
one src/hello.c again
becomes /hello '^again~$'
(($(grep -c 'src: No such file' log) <= 2)) || fail 'a folder that is gone is told of again and again'
one old/hello.c old

# ---- Something else in it changes all the time ----
while :; do : > src/noise; done &
noise=$!
for ((i = 0; i < 20; i++)); do ask /hello > /dev/null; done
one src/hello.c quiet
becomes /hello '^quiet~$'
kill "$noise"
wait "$noise" 2>/dev/null
rm -f src/noise

# ---- Two of one name ----
mkdir src/hello
one src/hello/hello.c second
said '^socgi dev: src/hello/hello\.c is left out: src/hello\.c is named hello, too$'
becomes /hello '^quiet~$'
checks=$((checks + 1))
"$socgi" build -o out src > log2 2>&1
grep -q '^socgi build: src/hello/hello\.c is left out: src/hello\.c is named hello, too$' log2 ||
    fail 'build does not tell that two are of one name'
rm src/hello.c
becomes /hello '^second~$'
rm -r src/hello
one src/hello.c quiet
becomes /hello '^quiet~$'

# ---- Killed; the next one removes what it has left, and nothing else ----
left=$(echo "$work"/socgi-dev-*)
kill -KILL "$dev"
ended 'after SIGKILL'
gone "unix:$work/s"
mkdir "$work/socgi-dev-mine"
touch "$work/socgi-dev-mine/notes"
begin
becomes /hello '^quiet~$'
checks=$((checks + 1))
[[ -e $left ]] && fail 'the folder of one that was killed is left'
[[ -e $work/socgi-dev-mine/notes ]] || fail 'it has removed what is none of its own'
checks=$((checks + 1))
"$socgi" dev -l "unix:$work/s" src > log2 2>&1 && fail 'a second one at the same address'
becomes /hello '^quiet~$'
one src/hello.c still
becomes /hello '^still~$'
kill -HUP "$dev"
ended 'after SIGHUP'
gone "unix:$work/s"

# ---- Ended while it compiles ----
cat > compiler <<'HANG'
#!/bin/sh
trap '' INT TERM HUP
echo "$0" >> "$0.begun"
while :; do sleep 1000; done
HANG
chmod +x compiler
one src/other.c other
for signal in INT TERM HUP; do
    rm -f compiler.begun
    CC=$work/compiler begin
    for ((i = 0; i < 3600; i++)); do [[ -s compiler.begun ]] && break; sleep 0.05; done
    kill "-$signal" "$dev"
    ended "its compiler hangs, and it was sent $signal"
    gone "^/bin/sh $work/compiler"
    (($(wc -l < compiler.begun) == 1)) || fail 'it has gone on compiling'
done
# Who has begun to serve ends, too.
cat > compiler <<'HANG'
#!/bin/sh
case "$*" in *slow.c*) echo slow > "$0.begun"; exec sleep 1000 ;; esac
exec cc "$@"
HANG
rm -f compiler.begun
CC=$work/compiler begin
becomes /hello '^still~$'
one src/slow.c slow
for ((i = 0; i < 3600; i++)); do [[ -s compiler.begun ]] && break; sleep 0.05; done
becomes /hello '^still~$'
kill -INT "$dev"
ended 'a compiler hangs'
gone "unix:$work/s"
rm src/slow.c

# ---- A compiler that says a lot, or leaves somebody behind who keeps its output ----
cat > compiler <<'LOUD'
#!/bin/sh
head -c 100000000 /dev/zero | tr '\0' 'x' >&2
sleep 1000 &
echo $! > "$0.left"
exit 1
LOUD
rm -f src/other.c
CC=$work/compiler begin
becomes /hello '^503 .*hello\.c does not compile~~x{1000}'
kill -INT "$dev"
ended 'after a loud compiler'
[[ -s compiler.left ]] && kill "$(cat compiler.left)" 2>/dev/null
(($(wc -c < log) < 1000000)) || fail 'the terminal shows too much'

# ---- Debug information that names what is no source ----
truncate -s 20G huge.h
echo 'nobody is to see this' > private.h
chmod 600 private.h
mkfifo pipe.h
for name in huge private pipe; do
    plugin "src/$name.c" 'volatile int *p = NULL; return *p = socgi_printf(res, "x");'
    sed -i "3i #line 1 \"$work/$name.h\"" "src/$name.c"
done
begin
for name in huge private pipe; do
    becomes "/$name" "^502 .*#0 handle at $work/$name\.h:3"
done
checks=$((checks + 1))
((EUID != 0)) || [[ $(ask /private) != *'nobody is to see'* ]] || fail 'it shows what only root may read'
kill -INT "$dev"
ended 'with strange sources'
rm src/huge.c src/private.c src/pipe.c

# ---- Where it puts what it has made ----
checks=$((checks + 1))
long=$work/$(printf 'long%.0s' {1..30})
mkdir "$long"
TMPDIR=$long begin
becomes /hello '^still~$'
[[ $(echo "$long"/socgi-dev-*/hello.so) == *-*/hello.so && -e $(echo "$long"/socgi-dev-*/hello.so) ]] || fail 'a long TMPDIR is not used'
kill -INT "$dev"
ended 'with a long TMPDIR'
checks=$((checks + 1))
TMPDIR=$work/no-such "$socgi" dev -l "unix:$work/s" src > log 2>&1 && fail 'a TMPDIR that is not there'
grep -q "^socgi dev: $work/no-such/.*No such file" log || fail "a TMPDIR that is not there is not told: $(cat log)"

checks_end 25
