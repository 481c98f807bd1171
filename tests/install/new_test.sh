#!/usr/bin/env bash
# Every template of 'socgi new', as an author takes it: made by the installed program, built and tested by its workflow
# with sanitizers, built for release, and served by the installed server.
#     new_test.sh BUILD-FOLDER COMPILER
set -euo pipefail
build=$1
work=$(mktemp -d)
server=
finish() {
    [[ -z $server ]] || { kill -TERM "$server" 2>/dev/null && wait "$server" || true; }
    rm -rf "$work"
}
trap finish EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/usr" >/dev/null
export CMAKE_PREFIX_PATH=$work/usr CMAKE_GENERATOR=Ninja CC=$2
cd "$work"

# make TEMPLATE: its folder my-TEMPLATE, tested, and its plugin in the folder that is served.
mkdir plugins
make() {
    usr/bin/socgi new "my-$1" --template "$1" >/dev/null || return
    cd "my-$1"
    cmake --workflow --preset test >test.log 2>&1 || { cat test.log; return 1; }
    cmake --workflow --preset release >release.log 2>&1 || { cat release.log; return 1; }
    if grep -q 'warning:' test.log release.log; then cat test.log release.log; return 1; fi
    grep -q '100% tests passed, 0 tests failed out of 1' test.log || { cat test.log; return 1; }
    [[ $(nm -D --defined-only "build/release/my-$1.so" | awk '{ print $3 }' | grep -v '^_') == socgi_plugin ]] || return
    mv "build/release/my-$1.so" "$work/plugins/"
}
mapfile -t templates < <(usr/bin/socgi new --template list | awk '{ print $1 }')
((${#templates[@]} >= 4)) || fail "found the templates ${templates[*]}"
declare -A makers
for template in "${templates[@]}"; do
    make "$template" &
    makers[$template]=$!
done
for template in "${templates[@]}"; do
    wait "${makers[$template]}" || fail "the template $template"
done

# The presets use sanitizers for the test and none for release.
grep -q 'fsanitize=address,undefined' my-hello/build/test/CMakeCache.txt || fail 'the test preset uses no sanitizers'
nm -D "$work/plugins/my-hello.so" | grep -q __asan && fail 'the release preset uses sanitizers'

# What breaks a handler is found by its test.
sed -i 's/Hello, %s!/Hello %s!/' my-hello/my-hello.c
if (cd my-hello && cmake --workflow --preset test) >/dev/null 2>&1; then fail 'a broken handler passes its test'; fi

mkfifo log
usr/bin/socgi -l "unix:$work/socket" -w 2 -o "my-sqlite.database=$work/notes.db" plugins 2> log &
server=$!
exec 3< log
while read -r line <&3; do
    case $line in
        *' ready: '*) break ;;
        *' error '*) fail "$line" ;;
    esac
done
cat <&3 >log.rest &

# ask EXPECTED PATH ARGUMENTS...: part of the answer's status and body.
ask() {
    local expected=$1 path=$2 got
    shift 2
    got=$(curl -sS --max-time 30 --unix-socket socket -w '\n%{http_code} %{redirect_url}' "$@" "http://localhost/$path")
    [[ $got == *"$expected"* ]] || fail "/$path: expected $expected, got $got"
}
ask 'Hello, you!' 'my-hello?name=you'
ask '<input name="seats"' my-form
ask '303 http://localhost/my-form/thanks' my-form -d 'name=Ada&seats=2'
ask '&lt;i&gt;' my-form -d 'name=Ada&seats=<i>'
ask '{"label":"a day","count":2,"sum":3.5}' my-json --json '{"label": "a day", "values": [1, 2.5]}'
ask 415 my-json -d '{}'
ask 'notes &amp; more (text/plain)' my-upload -F 'file=@-;filename=notes & more;type=text/plain' <<< 'a line'
ask '303 http://localhost/my-sqlite/' my-sqlite -d 'text=<milk>'
for _ in 1 2 3 4; do
    ask '<li>&lt;milk&gt;</li>' my-sqlite
done
kill -TERM "$server"
wait "$server" || fail "the server did not end well: $?"
server=
grep -E 'AddressSanitizer|LeakSanitizer|runtime error' log.rest && fail 'a sanitizer has found something'
echo "${#templates[@]} templates, tested and served"
