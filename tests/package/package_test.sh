#!/usr/bin/env bash
# Builds the Debian packages as a release, looks into them, and puts them into a fresh Debian of the same version as this one: in a chroot, where inside.sh
# uses and removes them, and in one that systemd has booted, where service.sh does. The Debian without them is kept in
# WORK-FOLDER for the next run.
#     package_test.sh SOURCE-FOLDER WORK-FOLDER VERSION
set -euo pipefail
source=$1 work=$2 version=$3
here=$source/tests/package
build=$work/build base=$work/base root=$work/root
fail() { echo "FAILED: $*" >&2; exit 1; }
step() { printf '%3d s: %s\n' "$SECONDS" "$*"; }

if ((EUID != 0)); then
    sudo -n true 2>/dev/null || fail "this test makes a chroot: it has to be run by root, or by who may sudo without a password"
    exec sudo -n bash "$0" "$@"
fi
for program in debootstrap:debootstrap dpkg-shlibdeps:dpkg-dev file:file systemd-analyze:systemd unshare:util-linux; do
    command -v "${program%:*}" >/dev/null || fail "there is no ${program%:*}, of the Debian package ${program#*:}"
done
mkdir -p "$work/groups"
# Two runs in one folder would be in each other's way.
exec 9> "$work/lock"
flock -n 9 || fail "this test is already running in $work"
finish() {
    local status=$?
    trap '' INT TERM
    if [[ ${container:-} ]]; then
        # Its first process; the rest goes with it.
        # shellcheck disable=SC2046
        kill -KILL $(cat "/proc/$container/task/$container/children") 2>/dev/null || kill -KILL "$container" 2>/dev/null || true
        wait "$container" 2>/dev/null || true
    fi
    control_group remove || true
    rm -rf --one-file-system "$root"
    exit "$status"
}

# A control group for what is booted, wherever they are mounted here. `remove` waits until its processes have ended.
control_group() { # make | remove
    # shellcheck disable=SC2016
    unshare --mount bash -c '
        mount -t cgroup2 cgroup2 "$1" || exit
        group=$1/socgi-package-test
        case $2 in
            make) mkdir -p "$group" && echo "$3" > "$group/cgroup.procs" ;;
            remove)
                [[ -d $group ]] || exit 0
                for ((tries = 100; tries > 0; tries--)); do
                    grep -q "populated 0" "$group/cgroup.events" && break
                    sleep 0.1
                done
                find "$group" -depth -type d -exec rmdir {} \;
                ;;
        esac' - "$work/groups" "$1" "$BASHPID" 9>&-
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

# ---- The packages ----

rm -f "$build"/*.deb "$build"/*.ddeb
(cd "$source" && cmake --preset release -B "$build") > "$work/log" 2>&1 && cmake --build "$build" --target package >> "$work/log" 2>&1 ||
    { tail -30 "$work/log"; fail "the packages cannot be built"; }
step "built"
# What it is called tells on which Debian it was built; testing has no number.
number=$(. /etc/os-release && echo "${VERSION_ID:-}")
debian=$version${number:+~deb${number}u1}
architecture=$(dpkg --print-architecture)
server=$build/socgi_${debian}_$architecture.deb development=$build/socgi-dev_${debian}_$architecture.deb
for package in "$server" "$development"; do
    [[ -f $package ]] || fail "there is no $package"
done
(($(find "$build" -maxdepth 1 -name '*.deb' | wc -l) == 2)) || fail "there are not two packages"

# contains PACKAGE PATH...: all of them, and nothing where a package has no business.
contains() {
    local package=$1 path list
    list=$(dpkg-deb -c "$package" | awk '{ print $2, $6 }')
    shift
    for path in "$@"; do
        grep -q "^root/root \./$path\$" <<< "$list" || fail "$package has no /$path that is root's"
    done
    ! grep -E ' \./(usr/(local|etc|lib/x86_64)|var|home|tmp|run|opt)/' <<< "$list" || fail "$package: a place that is not its own"
}
contains "$server" usr/bin/socgi{,-calc} usr/lib/socgi/plugins/{hello,echo,calc,file,cgi}.so etc/socgi/socgi.conf etc/logrotate.d/socgi \
    usr/lib/systemd/system/socgi.{service,socket} usr/share/man/man1/socgi{,-calc}.1.gz usr/share/man/man5/socgi.conf.5.gz \
    usr/share/socgi/www/index.html usr/share/doc/socgi/{README.md,copyright,changelog.gz,examples/socgi.conf}
contains "$development" usr/include/socgi/{plugin,testing}.h usr/lib/libsocgi-testing.a usr/lib/pkgconfig/socgi{,-testing}.pc \
    usr/lib/cmake/socgi/socgiConfig{,Version}.cmake usr/share/doc/socgi-dev/copyright
[[ $(dpkg-deb -I "$server" conffiles) == $'/etc/logrotate.d/socgi\n/etc/socgi/socgi.conf' ]] || fail "conffiles"
[[ $(dpkg-deb -f "$server" Version) == "$debian" ]] || fail "the version is not $debian"
[[ $(dpkg-deb -f "$server" Depends) == *libhttp-parser*libc6* || $(dpkg-deb -f "$server" Depends) == *libc6*libhttp-parser* ]] ||
    fail "the server does not depend on its libraries"
[[ $(dpkg-deb -f "$development" Depends) == *"socgi (= $debian)"* ]] || fail "socgi-dev goes with another version"

# ---- The units ----

units=$work/units
rm -rf "$units"
mkdir "$units"
dpkg-deb --fsys-tarfile "$server" | tar -x -C "$units" --strip-components=5 ./usr/lib/systemd/system
sed -i "s|=/usr/bin/socgi|=$build/socgi|" "$units/socgi.service" # systemd looks whether it is there
said=$(systemd-analyze verify --man=no "$units"/socgi.{service,socket} 2>&1 | grep -F "$units" || true)
[[ -z $said ]] || fail "systemd-analyze verify: $said"
systemd-analyze security --offline=yes --threshold=20 --no-pager "$units/socgi.service" > "$work/security" ||
    { grep '✗' "$work/security"; fail "the service is more exposed than it was"; }
step "looked into; the service is exposed by $(tail -1 "$work/security" | grep -o '[0-9]\.[0-9]') of 10"

# ---- A Debian ----

codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
[[ $codename ]] || fail "/etc/os-release names no VERSION_CODENAME: which Debian is this?"
# The mirror that apt uses here, and the way to it.
mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    awk -v name="$codename" '$1 == name && $2 == "main" && $3 == "Debian" { print $4; exit }')
mirror=${mirror:-http://deb.debian.org/debian}
proxy=$(apt-config dump --format '%v' Acquire::http::Proxy)
[[ -z $proxy ]] || export http_proxy=$proxy
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset "${!ASAN_@}" "${!LSAN_@}" "${!UBSAN_@}" TMPDIR

# chrooted FOLDER NAMESPACES COMMAND...: when the command ends, so do its processes and its mounts.
chrooted() {
    local folder=$1 namespaces=$2
    shift 2
    # shellcheck disable=SC2086,SC2016
    unshare --mount --pid --fork --kill-child $namespaces \
        bash -c 'mount -t proc proc "$1/proc" && exec chroot "$@"' - "$folder" "$@" </dev/null 9>&-
}
install=(apt-get install -q -y --no-install-recommends -o Dpkg::Use-Pty=0 -o Acquire::Check-Valid-Until=false -o Acquire::Retries=3)
if [[ ! -d $base ]] || ! grep -qx "VERSION_CODENAME=$codename" "$base/etc/os-release"; then
    rm -rf --one-file-system "$base" "$base.systemd"
    rm -rf --one-file-system "$base.new"
    debootstrap --variant=minbase "$codename" "$base.new" "$mirror" > "$work/log" 2>&1 || { tail -30 "$work/log"; fail "debootstrap"; }
    step "debootstrap"
    printf 'force-unsafe-io\n' > "$base.new/etc/dpkg/dpkg.cfg.d/quick"
    chrooted "$base.new" "" "${install[@]}" curl gcc libc6-dev pkg-config logrotate iproute2 >> "$work/log" 2>&1 ||
        { tail -30 "$work/log"; fail "a compiler in the chroot"; }
    chrooted "$base.new" "" apt-get clean
    mv "$base.new" "$base"
    step "what an author has"
fi

# ---- In it ----

# $root anew from one that is kept, with what the test needs in it.
fresh() { # BASE
    rm -rf --one-file-system "$root"
    cp -a "$1" "$root"
    [[ ! -e /etc/resolv.conf ]] || cat /etc/resolv.conf > "$root/etc/resolv.conf"
    mkdir "$root/packages"
    cp "$server" "$development" "$here"/{inside,service}.sh "$root/packages/"
}
fresh "$base"
chrooted "$root" "" bash -c "find / -xdev -path /proc -prune -o -print | sort > /packages/before
    ${install[*]} /packages/*.deb" > "$work/log" 2>&1 || { tail -30 "$work/log"; fail "the packages cannot be installed"; }
step "installed"
chrooted "$root" --net bash /packages/inside.sh "$version" || fail "in the chroot"
step "used, removed and purged"

# ---- Booted ----

# In a container that may not do what systemd's own needs, the chroot and systemd-analyze above are all there is.
if ! may=$(unshare --mount --pid --net --uts --ipc --cgroup --fork bash -c 'mount -t cgroup2 cgroup2 "$1" && mkdir "$1/socgi-package-probe" &&
    rmdir "$1/socgi-package-probe"' - "$work/groups" 2>&1 9>&-); then
    step "NOT booted, for this machine does not allow it: $may"
    exit 0
fi
if [[ ! -d $base.systemd ]]; then
    rm -rf --one-file-system "$base.new"
    cp -a "$base" "$base.new"
    [[ ! -e /etc/resolv.conf ]] || cat /etc/resolv.conf > "$base.new/etc/resolv.conf"
    chrooted "$base.new" "" "${install[@]}" systemd systemd-sysv > "$work/log" 2>&1 || { tail -30 "$work/log"; fail "systemd in the chroot"; }
    chrooted "$base.new" "" apt-get clean
    mv "$base.new" "$base.systemd"
    step "systemd"
fi
fresh "$base.systemd"
chrooted "$root" "" "${install[@]}" --download-only "/packages/${server##*/}" "/packages/${development##*/}" > "$work/log" 2>&1 || { tail -30 "$work/log"; fail "no download"; }
(
    control_group make
    exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child bash "$here/boot.sh" "$root" </dev/null > "$work/log" 2>&1 9>&-
) &
container=$!
# booted COMMAND...: in it, when systemd is there.
booted() {
    local init
    init=$(cat "/proc/$container/task/$container/children")
    nsenter -t "${init% }" --mount --pid --net --uts --ipc --cgroup --root --wd -- "$@" </dev/null
}
for ((tries = 300; ; tries--)); do
    state=$(booted systemctl is-system-running 2>/dev/null) || true
    [[ $state == running ]] && break
    kill -0 "$container" 2>/dev/null && ((tries > 0)) || { cat "$work/log"; fail "systemd does not run: $state"; }
    sleep 0.1
done
step "booted"
booted bash /packages/service.sh || fail "under systemd"
step "served by systemd, upgraded and purged"
