#!/usr/bin/env bash
# In a booted Debian, without a network: the package is installed, its service used under all of its limits, upgraded and
# removed.
#     service.sh
set -euo pipefail
conf=/etc/socgi/socgi.conf
fail() {
    echo "FAILED: $*" >&2
    journalctl --no-pager -q -n 30 -u socgi.service >&2 || true
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
ask() { curl -sS --max-time 180 "$@"; }
at=http://127.0.0.1:8080
logged() { journalctl --no-pager -q -o cat -u socgi.service --since "@$began" | grep -E "$@"; }
main_pid() { systemctl show -P MainPID socgi.service; }
began=$(date +%s)

ip link set lo up
dpkg -i /var/cache/apt/archives/*.deb /packages/*.deb > /root/apt 2>&1 || fail "$(cat /root/apt)"
systemctl is-active -q socgi.socket || fail "the socket is not open"
soon systemctl is-active -q socgi.service || fail "the service does not run"
[[ $(systemctl is-enabled socgi.socket socgi.service) == $'enabled\nenabled' ]] || fail "it is not enabled"
[[ $(stat -c %U "/proc/$(main_pid)") == socgi ]] || fail "it does not run as socgi"

# ---- What it does, it does under the limits of the service ----

ask "$at/" | grep -q 'socgi serves' || fail "the first page"
[[ $(ask "$at/hello") == 'Hello, world!' ]] || fail "/hello"
[[ $(ask "$at/calc?expr=1/4") == 0.25 ]] || fail "/calc"
head -c 3000000 /dev/urandom > /root/body
ask --data-binary @/root/body "$at/echo" | cmp - /root/body || fail "a body in a file"
ask "$at/none" -o /dev/null -w '%{http_code}' | grep -qx 404 || fail "a file that is not there"
! logged ' is not served|denied|not permitted' || fail "a limit of the service is in its way"

cat > /root/crash.c <<'C'
#include <socgi/plugin.h>
static int fall(const struct socgi_request *req, struct socgi_response *res) {
    (void)res;
    volatile int *nowhere = (volatile int *)(socgi_query(req, "at", "") - socgi_query(req, "at", ""));
    return *nowhere;
}
SOCGI_PLUGIN(.handle = fall)
C
# shellcheck disable=SC2046
gcc -g -shared -fPIC $(pkg-config --cflags socgi) /root/crash.c -o /root/crash.so
mv /root/crash.so /usr/lib/socgi/plugins/
crashes() { [[ $(ask "$at/crash" -o /dev/null -w '%{http_code}') == 502 ]]; }
soon crashes || fail "a crash has no answer"
soon logged -q '#0 fall at .*/crash\.c:5' || fail "a crash has no trace"

# ---- Reloads ----

mkdir -p /usr/lib/cgi-bin
printf '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\nfrom a shell: %%s\\n" "$(ls -d /etc/passwd)"\n' > /usr/lib/cgi-bin/shell
chmod 755 /usr/lib/cgi-bin/shell
cat >> "$conf" <<'CONF'
plugin "cgi" {
    options { root = "/usr/lib/cgi-bin" }
}
memory_limit = 1G
files_limit = 500
access_log = "/var/log/socgi/access.log"
incident_folder = "/var/lib/socgi"
CONF
systemctl reload socgi.service || fail "systemctl reload"
ran() { [[ $(ask "$at/cgi/shell") == 'from a shell: /etc/passwd' ]]; }
soon ran || fail "a CGI program"
soon systemctl is-active -q socgi.service || fail "it is still reloading"
soon grep -q cgi/shell /var/log/socgi/access.log || fail "no log in its folder"
logrotate -f /etc/logrotate.d/socgi 2> /root/rotation && [[ ! -s /root/rotation ]] || fail "logrotate: $(cat /root/rotation)"
ask "$at/hello?rotated" >/dev/null
soon grep -q rotated /var/log/socgi/access.log || fail "the log is not opened anew"
ask "$at/crash" -o /dev/null
kept() { compgen -G '/var/lib/socgi/*.request' >/dev/null; }
soon kept || fail "no incident is kept"
echo 'nonsense = 1' >> "$conf"
! systemctl reload socgi.service 2>/dev/null || fail "a wrong configuration is reloaded"
sed -i '$d' "$conf"
ran || fail "it did not go on after a wrong configuration"

# ---- Another program in its place, without a gap; then anew ----

before=$(main_pid)
upgraded() { [[ $(main_pid) != "$before" && ! -e /proc/$before ]]; }
socgi upgrade >/dev/null || fail "socgi upgrade"
soon upgraded || fail "systemd does not see the new master, or the old one stays"
soon systemctl is-active -q socgi.service || fail "it does not run after an upgrade"
ran || fail "the new master does not answer"
before=$(main_pid)
kill -KILL "$before"
replaced() { [[ $(main_pid) != "$before" ]] && systemctl is-active -q socgi.service; }
soon replaced || fail "a master that came by an upgrade died, and there is no other"
ran || fail "the one after it does not answer"
socgi stop >/dev/null || fail "socgi stop"
ended() { [[ $(systemctl is-active socgi.service) == inactive ]]; }
soon ended || fail "an end by order is a failure"
ran || fail "the socket does not start it"
before=$(main_pid)
socgi upgrade >/dev/null || fail "socgi upgrade"
soon upgraded || fail "systemd does not see the next new master"
began=$(date +%s)
systemctl restart socgi.service || fail "systemctl restart"
ran || fail "it does not answer when it was started anew"
logged -q 'draining' || fail "it did not finish what had begun"
! logged 'SIGKILL|Failed with' || fail "it was killed"
! logged 'is not served|cannot|denied|not permitted' || fail "a limit of the service is in its way"

# ---- The package over itself: another master, and a client that asks meanwhile waits ----

before=$(main_pid)
dpkg -i /packages/socgi_*.deb > /root/apt 2>&1 || fail "$(cat /root/apt)"
ran || fail "it does not answer after an update"
[[ $(main_pid) != "$before" ]] || fail "an update left the old program running"

# ---- Workers of another user, as the unit's comment says ----

folder=/etc/systemd/system/socgi.service.d
mkdir "$folder"
grep -A6 'The options "user"' /lib/systemd/system/socgi.service | sed -n 's/^#     //p' > "$folder/user.conf"
echo 'user = "nobody"' >> "$conf"
systemctl daemon-reload
systemctl restart socgi.service || fail "it does not start with workers of another user"
ran || fail "workers of another user do not answer"
pids=$(cat "/proc/$(main_pid)/task/$(main_pid)/children")
for pid in $pids; do
    [[ $(stat -c %U "/proc/$pid") == nobody ]] || fail "a worker is $(stat -c %U "/proc/$pid")"
done
rm -r "$folder"

# ---- Its end ----

last=$(main_pid)
apt-get purge -q -y socgi socgi-dev > /root/apt 2>&1 || fail "purge: $(cat /root/apt)"
[[ ! -e /proc/$last ]] || fail "the service runs on"
! systemctl is-active -q socgi.socket || fail "the socket is open"
left=$(find /etc /run /lib/systemd /var/lib /var/log -name '*socgi*' ! -path '/var/lib/dpkg/*' ! -path '/run/systemd/*')
[[ -z $left ]] || fail "left over: $left"
echo "ran under systemd, reloaded, upgraded and purged"
