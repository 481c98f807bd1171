#!/usr/bin/env bash
# A cross-build for arm64, its unit tests under qemu, and the server itself under qemu. Called by script/systems.
#     arm64.sh CHECKOUT CACHE WORK MIRROR JOBS
# The libraries are arm64's Debian packages of this system's version, unpacked into a folder: nothing is installed for
# another architecture. The server starts itself anew for its workers, so the kernel has to know qemu as who runs such
# programs: a binfmt_misc of a user namespace's own, which Linux has from 6.7 on; the smoke run is left out before.
set -uo pipefail
checkout=$1 cache=$2 work=$3 mirror=$4 jobs=$5 port=18124
. "$checkout/script/packages"
exec > "$cache/arm64.log" 2>&1
: > "$work/arm64.report"
report() { printf '%s\t%s\n' "$1" "$2" >> "$work/arm64.report"; }
fail() { echo "FAILED: $*"; report failed "$*"; exit 1; }

packages_need "${packages_build[@]}" "${packages_test[@]}" gcc-aarch64-linux-gnu g++-aarch64-linux-gnu qemu-user-static || fail "packages"
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-testing}")
sysroot=$cache/arm64-$codename
triple=aarch64-linux-gnu

# ---- The libraries ----

if [[ ! -d $sysroot ]]; then
    apt=$work/apt
    rm -rf "$sysroot.new"
    mkdir -p "$apt"/{lists/partial,archives/partial} "$sysroot.new/usr"/{bin,lib,sbin}
    : > "$apt/status"
    printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$codename" > "$apt/sources.list"
    own=(-o Dir::State="$apt" -o Dir::State::Lists="$apt/lists" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" -o Dir::Cache::archives="$apt/archives"
        -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o APT::Architecture=arm64 -o APT::Architectures=arm64
        -o APT::Sandbox::User=root)
    mapfile -t libraries < <(printf '%s\n' "${packages_build[@]}" "${packages_test[@]}" | grep -E '^lib.*-dev$|^media-types$')
    apt-get "${own[@]}" update && apt-get "${own[@]}" install -y --no-install-recommends --download-only "${libraries[@]}" || fail "arm64's packages"
    (cd "$sysroot.new" && ln -s usr/{bin,lib,sbin} . && mkdir -p tmp proc dev socgi && chmod 1777 tmp)
    for package in "$apt"/archives/*.deb; do
        # A folder of the package must not take the place of the link.
        dpkg-deb --fsys-tarfile "$package" | tar -x --keep-directory-symlink -C "$sysroot.new" || fail "$package"
    done
    # Links that are absolute would lead out of it.
    find "$sysroot.new/usr/lib" -type l -lname '/*' -printf '%p %l\n' | while read -r link target; do
        ln -sfnr "$sysroot.new$target" "$link"
    done
    mv "$sysroot.new" "$sysroot"
fi

# ---- The build ----

source=$work/arm64-checkout build=$work/arm64-build
git clone -q --no-hardlinks "file://$checkout" "$source" || fail "a checkout"
cat > "$work/arm64.cmake" <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER $triple-gcc)
set(CMAKE_CXX_COMPILER $triple-g++)
set(CMAKE_SYSROOT $sysroot)
set(CMAKE_LIBRARY_ARCHITECTURE $triple)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static -L $sysroot)
CMAKE
export PKG_CONFIG_SYSROOT_DIR=$sysroot PKG_CONFIG_LIBDIR=$sysroot/usr/lib/$triple/pkgconfig:$sysroot/usr/share/pkgconfig
# ThreadSanitizer does not run under qemu; its programs do.
cmake -S "$source" -B "$build" -G Ninja -DCMAKE_TOOLCHAIN_FILE="$work/arm64.cmake" -DCMAKE_BUILD_TYPE=Debug -DSOCGI_WERROR=ON \
    -DSOCGI_THREAD_SANITIZER=OFF || fail "cmake"
mapfile -t units < <(ninja -C "$build" -t targets all | sed -n 's/^\(unit_[a-z_]*\): phony$/\1/p')
((${#units[@]} > 20)) || fail "there are only ${#units[@]} unit tests"
mapfile -t plugins < <(ninja -C "$build" -t targets all | sed -n 's/^\(plugins\/[a-z]*\.so\): .*$/\1/p')
cmake --build "$build" -j "$jobs" --target socgi "${plugins[@]}" "${units[@]}" || fail "the build"
report versions "$($triple-gcc -dumpfullversion | sed 's/^/gcc /'), glibc $(basename "$sysroot"/usr/share/doc/libc6/ >/dev/null && dpkg-query -W -f '${Version}' libc6 | sed 's/-.*//'), $(qemu-aarch64-static --version | sed -n '1s/.*version \([0-9.]*\).*/qemu \1/p'), cmake $(cmake --version | sed -n '1s/.* //p')"

# ---- The unit tests ----

status=0
# Ten times as slow, and more.
sed -i 's/TIMEOUT "120"/TIMEOUT "1200"/' "$build/tests/unit/CTestTestfile.cmake"
(cd "$build" && ctest -j "$jobs" -R '^unit\.' --output-on-failure) | tee "$work/arm64-tests" || status=1
failed=$(grep -c -E '\*\*\*(Failed|Timeout|Exception|Not Run)' "$work/arm64-tests")
report tests "unit tests: $((${#units[@]} - failed)) passed, $failed failed"
grep -E '\*\*\*(Failed|Timeout|Exception|Not Run)' "$work/arm64-tests" | grep -o 'unit\.[a-z_]*' | sort -u |
    while read -r name; do report failed "$name"; done

# ---- The server ----

cp "$build/socgi" "$sysroot/socgi/"
rm -rf "$sysroot/socgi/plugins" && cp -r "$build/plugins" "$sysroot/socgi/plugins"
cat > "$work/arm64-inside.sh" <<'INSIDE'
sysroot=$1 port=$2
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc || exit 77
printf '%s' ':arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F' \
    > /proc/sys/fs/binfmt_misc/register || exit 77
mount -t proc proc "$sysroot/proc" && mount --rbind /dev "$sysroot/dev" || exit 77
socgi() { env -i PATH=/usr/sbin:/usr/bin LC_ALL=C RUNTIME_DIRECTORY=/tmp/run chroot "$sysroot" /socgi/socgi "$@"; }
fail() { echo "FAILED: $*"; exit 1; }
ask() { curl -sS --max-time 30 "http://127.0.0.1:$port$1"; }
# qemu has no PR_SET_CHILD_SUBREAPER before 8: there is no guard then.
socgi -l "127.0.0.1:$port" -w 2 -s guard=off -s start_timeout=60s /socgi/plugins &
server=$!
for ((tries = 300; tries > 0; tries--)); do
    [[ $(ask /hello 2>/dev/null) == 'Hello, world!' ]] && break
    kill -0 "$server" 2>/dev/null || fail "it has ended"
    sleep 0.2
done
for ((n = 0; n < 200; n++)); do
    [[ $(ask "/echo?msg=$n") == "$n" ]] || fail "request $n"
done
[[ $(head -c 200000 /dev/zero | curl -s --max-time 30 --data-binary @- "http://127.0.0.1:$port/echo" | wc -c) == 200000 ]] || fail "a body in a file"
[[ $(curl -s -o /dev/null -w '%{http_code}' --max-time 60 "http://127.0.0.1:$port/trouble/crash") == 502 ]] || fail "a crash"
socgi reload || fail "reload"
[[ $(ask /hello) == 'Hello, world!' ]] || fail "after the reload"
socgi stop || fail "stop"
wait "$server" || fail "it ended with $?"
INSIDE
smoke=0
unshare --user --map-root-user --mount --pid --fork --kill-child --mount-proc bash "$work/arm64-inside.sh" "$sysroot" "$port" </dev/null || smoke=$?
case $smoke in
    0) report serves yes ;;
    77) report serves "not run" && report left "the server under qemu: this kernel has no binfmt_misc for a user namespace" ;;
    *) report serves no && status=1 ;;
esac
report packages "not asked for"
exit "$status"
