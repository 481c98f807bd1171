#!/usr/bin/env bash
# In a chroot of another system, where /root/socgi is a clean checkout: the two commands of the README and the packages, as a
# newcomer has them. What is found goes to /root/report, NAME<tab>TEXT a line. Its processes end with it.
#     inside.sh TESTS JOBS
set -uo pipefail
tests=$1 jobs=$2 status=0 port=18123
cd /root/socgi || exit
rm -f /root/{server,test,package}.log
: > /root/report
report() { printf '%s\t%s\n' "$1" "$2" >> /root/report; }
export CMAKE_BUILD_PARALLEL_LEVEL=$jobs CTEST_PARALLEL_LEVEL=$jobs

# ---- It serves the page ----

setsid script/server -l "127.0.0.1:$port" > /root/server.log 2>&1 &
server=$!
page=no
# Until it answers, or has ended: it installs and builds first.
while kill -0 "$server" 2>/dev/null; do
    if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
        # As curl would, which a bare system does not have.
        exec 3<> "/dev/tcp/127.0.0.1/$port"
        printf 'GET / HTTP/1.0\r\nHost: localhost\r\n\r\n' >&3
        head=$(head -c 20000 <&3)
        exec 3>&-
        [[ $head == "HTTP/1.1 200"* && $head == *"<title>"* ]] && page=yes && break
    fi
    sleep 0.5
done
kill -INT -- "-$server" 2>/dev/null
wait "$server"
left=$(cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^socgi')
[[ $page == yes && $left == 0 ]] || { status=1; tail -20 /root/server.log; }
report serves "$page$([[ $left == 0 ]] || echo ", and leaves $left workers")"

# ---- The tests ----

if [[ $tests == none ]]; then
    report tests "not asked for"
else
    script/test -j "$jobs" ${tests:+-R "$tests"} > /root/test.log 2>&1 || status=1
    tail -400 /root/test.log
    report tests "$(tail -1 /root/test.log)"
    grep -E '^[[:space:]]*[0-9]+ - .*\((Failed|Timeout|Not Run|SEGFAULT|Subprocess aborted)\)' /root/test.log | awk '{ print $3, $4, $5 }' |
        while read -r line; do report failed "$line"; done
    sed -n 's/^.*\(NOT [a-z]*, .*\)$/\1/p; s/^.*\(left out: .*\)$/\1/p' build/asan/Testing/Temporary/LastTest.log 2>/dev/null | sort -u |
        while read -r line; do report left "$line"; done
    [[ $(tail -1 /root/test.log) == *" 0 failed" ]] || cat build/asan/Testing/Temporary/LastTest.log
fi

# ---- The packages ----

if script/package > /root/package.log 2>&1; then
    report packages "$(cd build/release && echo socgi*.deb)"
else
    status=1
    report packages "cannot be made"
    tail -30 /root/package.log
fi
touch /root/installed

version() { dpkg-query -W -f '${Version}' "$1" 2>/dev/null | sed 's/-[^-]*$//'; }
report versions "gcc $(gcc -dumpfullversion), glibc $(ldd --version | sed -n '1s/.* //p'), cmake $(cmake --version | sed -n '1s/.* //p'), libConfuse $(version libconfuse-dev), cmocka $(version libcmocka-dev)"
exit "$status"
