#!/usr/bin/env bash
# Installs into an empty prefix, builds plugins from there as an author would (with cc and pkg-config, with CMake), and has
# the installed server serve them.
#     install_test.sh BUILD-FOLDER COMPILER [SANITIZERS]
set -euo pipefail
build=$1 compiler=$2 sanitize=${3:+-fsanitize=$3}
work=$(mktemp -d)
server=
finish() {
    [[ -z $server ]] || { kill -TERM "$server" 2>/dev/null && wait "$server" || true; }
    rm -rf "$work"
}
trap finish EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }

cmake --install "$build" --prefix "$work/usr" >/dev/null
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$(find "$work/usr" -name socgi.pc)")
for file in bin/socgi include/socgi/{plugin,testing}.h share/man/man{1/socgi.1,3/socgi-{plugin,testing}.3,3/socgi_{printf,test_run}.3,5/socgi.conf.5} \
    share/doc/socgi/{README,ABI,deploy/README,deploy/ISOLATION,plugins/README,plugins/fastcgi/README}.md share/socgi/www/index.html etc/socgi/socgi.conf; do
    [[ -e $work/usr/$file ]] || fail "$file is not installed"
done
conf=$(find "$work/usr" -name socgi.conf)
plugindir=$(pkg-config --variable=plugindir socgi)
[[ -e $plugindir/echo.so ]] || fail "no echo.so in plugindir $plugindir"
# The examples are there to be read and tried, not to be served unasked.
[[ -e ${plugindir%/*}/examples/trouble.so && ! -e $plugindir/trouble.so ]] || fail "trouble.so is not where the examples are"

mkdir "$work/source" "$work/plugins"
cat > "$work/source/hello.c" <<'C'
#include <socgi/plugin.h>

static int hello(const struct socgi_request *req, struct socgi_response *res) {
    socgi_printf(res, "Hello, %s!\n", socgi_query(req, "name", "world"));
    return 200;
}
SOCGI_PLUGIN(.handle = hello)
C
# shellcheck disable=SC2046
"$compiler" -Wall -Wextra -Werror -shared -fPIC $sanitize $(pkg-config --cflags socgi) "$work/source/hello.c" -o "$work/plugins/hello.so"
exported=$(nm -D --defined-only "$work/plugins/hello.so" | awk '{ print $3 }' | grep -v '^_')
[[ $exported == socgi_plugin ]] || fail "hello.so exports \"$exported\""

# The same handler in a test of the author's own, by the testing kit.
cat > "$work/source/hello_test.c" <<'C'
#include <string.h>

#include <socgi/testing.h>

extern const struct socgi_plugin socgi_plugin;

int main(void) {
    struct socgi_test *test = socgi_test_new(&socgi_plugin);
    int bad = !test || socgi_test_run(test, "GET", "/hello?name=you", NULL, 0) != 200 ||
              strcmp(socgi_test_body(test, NULL), "Hello, you!\n") != 0;
    socgi_test_free(test);
    return bad;
}
C
# shellcheck disable=SC2046
"$compiler" -Wall -Wextra -Werror $sanitize $(pkg-config --cflags socgi-testing) "$work/source/hello.c" "$work/source/hello_test.c" \
    $(pkg-config --libs socgi-testing) -o "$work/hello_test"
"$work/hello_test" || fail "the handler in a test of its own"

sed 's/Hello/Good day/' "$work/source/hello.c" > "$work/source/day.c"
cat > "$work/source/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.20)
project(day C)
find_package(socgi REQUIRED)
socgi_add_plugin(day day.c)
add_executable(day_test hello.c hello_test.c)
target_link_libraries(day_test socgi::testing)
CMAKE
cmake -S "$work/source" -B "$work/day" -G Ninja -DCMAKE_PREFIX_PATH="$work/usr" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$sanitize" >/dev/null
cmake --build "$work/day" >/dev/null
cp "$work/day/day.so" "$work/plugins/"
"$work/day/day_test" || fail "the handler in a test built by CMake"

"$work/usr/bin/socgi" check -c "$conf" "$work/plugins" | grep -q ': ok$' || fail "the installed configuration is not ok"
mkfifo "$work/log"
"$work/usr/bin/socgi" -c "$conf" -l "unix:$work/socket" -w 1 "$work/plugins" 2> "$work/log" &
server=$!
exec 3< "$work/log"
while read -r line <&3; do
    case $line in
        *' ready: '*) break ;;
        *' error '*) fail "$line" ;;
    esac
done
[[ $(curl -sS --unix-socket "$work/socket" http://localhost/hello?name=you) == 'Hello, you!' ]] || fail "/hello"
[[ $(curl -sS --unix-socket "$work/socket" http://localhost/day) == 'Good day, world!' ]] || fail "/day"
kill -TERM "$server"
wait "$server" || fail "the server did not end well: $?"
server=
echo "installed, built against and served"
