#!/usr/bin/env bash
# rsync -a of a new version that has the size of the old one and was built in the same second.
#
# Guess:   rsync compares size and time; on a file system with nanoseconds the times differ, so the new version is copied.
# So is:   whole seconds are compared: it is left out, with exit status 0 and no word. --modify-window=-1 compares nanoseconds.
# Means:   a build that deploys twice within a second, a test of deployment, or a reproducible build (all times alike) leaves the old
#          plugin in its place. Deploy with --checksum or --modify-window=-1, or by a new name.
# Seen on: Debian 12, rsync 3.5.0 (3.5.0+ds1-0+deb12u1).
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
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
get rsync=3.5.0+ds1-0+deb12u1
rsync=$T/root/usr/bin/rsync
mkdir old new
copy() { # OPTIONS...: the old file is there, the new one comes
    printf 'version 1\n' >old/plugin.so
    printf 'version 2\n' >new/plugin.so
    touch -d "$1" old/plugin.so
    touch -d "$2" new/plugin.so
    shift 2
    LD_LIBRARY_PATH=$T/root/usr/lib/x86_64-linux-gnu "$rsync" -a "$@" new/ old && cat old/plugin.so
}
expect "0.4 s later, the same second" "$(copy '2026-01-01 12:00:00.1' '2026-01-01 12:00:00.5')" "version 1"
expect "0.2 s later, another second" "$(copy '2026-01-01 12:00:00.9' '2026-01-01 12:00:01.1')" "version 2"
expect "the same second, window -1" "$(copy '2026-01-01 12:00:00.1' '2026-01-01 12:00:00.5' --modify-window=-1)" "version 2"
expect "the same second, --checksum" "$(copy '2026-01-01 12:00:00.1' '2026-01-01 12:00:00.5' --checksum)" "version 2"
if ((changed)); then exit 1; fi
echo "as it was seen"
