#!/usr/bin/env bash
# In the chroot, without a network, where the packages are installed: the server is used as its users would, removed and
# purged. /packages/before lists what was there before.
#     inside.sh VERSION
set -euo pipefail
version=$1
home=/root/work
mkdir "$home"
cd "$home"
fail() {
    echo "FAILED: $*" >&2
    tail -20 "$home/log" >&2 2>/dev/null || true
    exit 1
}
# soon COMMAND...: it succeeds, sooner or later.
soon() {
    local tries
    for ((tries = 1800; tries > 0; tries--)); do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}
ask() { curl -sS --max-time 180 "http://127.0.0.1:8080$1"; }

# ---- It serves ----

ip link set lo up
[[ $(socgi --version) == "socgi $version,"* ]] || fail "it is another version: $(socgi --version)"
[[ $(socgi check -c /etc/socgi/socgi.conf) == '/etc/socgi/socgi.conf: ok'* ]] || fail "the configuration"
sed -E 's/^# (access_log|error_log|incident_folder) = /\1 = /' /etc/socgi/socgi.conf > suggested.conf
[[ $(grep -cE '^(access_log|error_log|incident_folder) = ' suggested.conf) == 5 ]] || fail "what the configuration suggests"
[[ $(socgi check -c suggested.conf) == 'suggested.conf: ok'* ]] || fail "what the configuration suggests does not pass"
mkdir /run/socgi
chown socgi: /run/socgi
touch log
RUNTIME_DIRECTORY=/run/socgi setpriv --reuid socgi --regid socgi --clear-groups /usr/bin/socgi -c /etc/socgi/socgi.conf 2>> log &
server=$!
soon grep -q ' ready: .* of /usr/lib/socgi/plugins' log || fail "it is not ready"
! grep -E ' (error|warning) ' log || fail "it complains"
ask / | grep -q 'socgi serves' || fail "the first page"
[[ $(ask /hello?name=you) == 'Hello, you!' ]] || fail "/hello"
[[ $(ask /echo?msg=hi) == hi ]] || fail "/echo"
[[ $(echo 'div 1 4' | socgi-calc) == 0.25 ]] || fail "socgi-calc"
[[ $(curl -sS -o /dev/null -w '%{http_code}' http://127.0.0.1:8080/cgi/none) == 404 ]] || fail "/cgi"
socgi status | grep -q calc || fail "socgi status"

# ---- The five lines of the README, compiled against socgi-dev and dropped in ----

sed "0,/^cat > hello\.c <<'END'\$/d; /^END\$/,\$d" /usr/share/doc/socgi/README.md > greeting.c
[[ $(pkg-config --modversion socgi) == "$version" ]] || fail "pkg-config: socgi"
[[ $(pkg-config --variable=plugindir socgi) -ef /usr/lib/socgi/plugins ]] || fail "pkg-config: plugindir"
# shellcheck disable=SC2046
cc -Wall -Werror -shared -fPIC $(pkg-config --cflags socgi) greeting.c -o greeting.so || fail "the five lines are not compiled"
mv greeting.so /usr/lib/socgi/plugins/
greeted() { [[ $(ask /greeting) == 'Hello, world!' ]]; }
soon greeted || fail "the plugin that was dropped in does not answer"
cat > test.c <<'C'
#include <socgi/testing.h>
extern const struct socgi_plugin socgi_plugin;
int main(void) {
    struct socgi_test *test = socgi_test_new(&socgi_plugin);
    int bad = !test || socgi_test_run(test, "GET", "/greeting", NULL, 0) != 200;
    socgi_test_free(test);
    return bad;
}
C
# shellcheck disable=SC2046
cc $(pkg-config --cflags socgi-testing) greeting.c test.c $(pkg-config --libs socgi-testing) -o test && ./test || fail "libsocgi-testing"

# ---- Its logs in files, rotated ----

logs=/var/log/socgi
sed -i "s|^access_log = .*|access_log = \"$logs/access.log\"|" /etc/socgi/socgi.conf
socgi reload >/dev/null || fail "socgi reload"
soon test -e "$logs/access.log" || fail "no log after the reload"
ask /echo?msg=before >/dev/null
soon grep -q msg=before "$logs/access.log" || fail "a request is not in the log"
logrotate -f /etc/logrotate.d/socgi 2> rotation && [[ ! -s rotation ]] || fail "logrotate: $(cat rotation)"
ask /echo?msg=after >/dev/null
soon grep -q msg=after "$logs/access.log" || fail "a request is not in the new log"
grep -q msg=before "$logs/access.log.1" || fail "there is no rotated log"
! grep -q msg=after "$logs/access.log.1" || fail "the rotated log is still written"

# ---- Its end ----

socgi stop >/dev/null
wait "$server" || fail "it did not end well"
! grep -E ' error ' log || fail "it complains"
[[ -z $(find /tmp /run/socgi -mindepth 1 2>/dev/null) ]] || fail "it left files: $(find /tmp /run/socgi -mindepth 1)"
rm -r /run/socgi

apt-get remove -q -y socgi > apt 2>&1 || fail "remove: $(cat apt)"
[[ ! -e /usr/bin/socgi && ! -e /usr/include/socgi && -e /etc/socgi/socgi.conf && -d $logs ]] || fail "removed is not removed"
[[ $(ls -A /usr/lib/socgi/plugins) == greeting.so ]] || fail "the author's plugin alone stays: $(ls -A /usr/lib/socgi/plugins)"
apt-get purge -q -y --auto-remove socgi socgi-dev > apt 2>&1 || fail "purge: $(cat apt)"
rm -r /usr/lib/socgi/plugins /usr/lib/socgi
cd /
rm -r "$home"
# What apt and the loader know of the world is theirs, and so is what other packages leave.
left=$(find / -xdev -path /proc -prune -o -print | sort | comm -13 /packages/before - |
    grep -vE '^/(packages|etc/(passwd|group|g?shadow|sub[ug]id)-|var/cache/(apt|ldconfig|debconf)|var/lib/(apt|dpkg|logrotate)|var/log/(apt|dpkg\.log|alternatives\.log))(/|$)' || true)
[[ -z $left ]] || fail "left over: $left"
dpkg-query -W -f '${Package} ${db:Status-Status}\n' | grep ^socgi | grep -v not-installed && fail "dpkg still knows it"
echo "served, built against, rotated, removed and purged"
