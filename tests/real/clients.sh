#!/usr/bin/env bash
# Real clients of Debian 12 against the file plugin: each row of plugins/file/CLIENTS.md that can run here. Outside
# continuous integration, for it needs many packages:
#     apt-get install apt zsync wget wget2 busybox lftp aria2 axel curl git rclone httrack dpkg-dev
#     tests/real/clients.sh [BUILD]
# A client that is not installed is left out with a word. Status 0: all others got what they should; 1: one did not; 77:
# not run.
set -uo pipefail
build=$(realpath "${1:-build/release}")
[[ -x $build/socgi && -f $build/plugins/file.so ]] || { echo "NOT RUN: $build holds no socgi and no plugin file"; exit 77; }
command -v curl >/dev/null || { echo "NOT RUN: curl is not installed"; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/socgi-clients-XXXXXX")
log=$work/log
port=0
failed=0

end() {
    [[ -n ${server:-} ]] && kill -INT "$server" 2>/dev/null && wait "$server" 2>/dev/null
    rm -rf "$work"
}
trap end EXIT

# What is served: files of several sizes, names that need escapes, a folder's date, a repository of git, one of Debian.
root=$work/root
mkdir -p "$root/sub/deep" "$root/debian" "$work/plugins" "$work/got" "$work/home"
export HOME=$work/home XDG_CONFIG_HOME=$work/home GIT_CONFIG_NOSYSTEM=1 no_proxy='*'
head -c 3000000 /dev/urandom >"$root/big.bin"
head -c 12345 /dev/urandom >"$root/a.bin"
printf 'gr\xc3\xbc\xc3\x9fe\n' >"$root/sub/grüße aus köln.txt"
touch -d '2020-02-03 04:05:06 UTC' "$root/a.bin" "$root/big.bin"
touch -d '2019-01-02 03:04:00 UTC' "$root/sub/deep"
cp "$build/plugins/file.so" "$work/plugins/"

ASAN_OPTIONS=detect_leaks=0 "$build/socgi" -l 127.0.0.1:0 -s admin=off -o file.root="$root" -o file.listing=true "$work/plugins" 2>"$log" &
server=$!
for ((i = 0; i < 300; i++)); do
    port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' "$log" | head -1) && [[ -n $port ]] && curl -sf "http://127.0.0.1:$port/a.bin" -o /dev/null && break
    kill -0 "$server" 2>/dev/null || { cat "$log"; exit 1; }
    sleep 0.1
done
url=http://127.0.0.1:$port
export url root

# client PROGRAM FUNCTION: runs it in a folder of its own.
client() {
    local folder=$work/got/$2
    if ! command -v "$1" >/dev/null; then
        echo "left out  $2: $1 is not installed"
        return
    fi
    mkdir -p "$folder"
    if (cd "$folder" && export -f half "$2" && timeout 60 bash -c "$2") >"$work/out" 2>&1; then
        echo "right     $2"
    else
        echo "WRONG     $2"
        sed 's/^/          /' "$work/out" | tail -20
        failed=1
    fi
}

half() { head -c 1000000 "$root/big.bin" >"$1"; }

curl_resumes() {
    half big.bin
    curl -sS -C - -O "$url/big.bin" && cmp big.bin "$root/big.bin" &&
        curl -sS --compressed "$url/sub/gr%C3%BC%C3%9Fe%20aus%20k%C3%B6ln.txt" | cmp - "$root/sub/grüße aus köln.txt" &&
        [[ $(curl -s -o /dev/null -w '%{http_code}' -z "$root/a.bin" "$url/a.bin") == 304 ]] &&
        [[ $(curl -s -o /dev/null -w '%{http_code}' --http2 "$url/a.bin") == 200 ]]
}
wget_resumes_and_mirrors() {
    half big.bin
    wget -q -c "$url/big.bin" && cmp big.bin "$root/big.bin" && wget -q -c "$url/big.bin" && # complete: 416 is well
        wget -q -m -np -nH "$url/sub/" && cmp "sub/grüße aus köln.txt" "$root/sub/grüße aus köln.txt"
}
wget2_takes_chunks() {
    wget2 -q --chunk-size=500K "$url/big.bin" && cmp big.bin "$root/big.bin"
}
busybox_wget_resumes() { # of a complete file it reports an error, 416
    half big.bin
    busybox wget -q -c "$url/big.bin" && cmp big.bin "$root/big.bin"
}
lftp_lists_and_mirrors() {
    lftp -c "open $url/; cls -l --time-style=%Y-%m-%dT%H:%M" >list && cat list &&
        grep -q '12345 2020-02-03T04:05 a.bin$' list && grep -q '^d.* sub/$' list &&
        lftp -c "open $url/sub/; cls -l --time-style=%Y-%m-%d" | grep -q '^d.*2019-01-02 deep/$' &&
        lftp -c "open $url/; pget -n 4 big.bin; mirror sub" && cmp big.bin "$root/big.bin" && diff -r sub "$root/sub"
}
rclone_lists_and_copies() {
    rclone lsl --http-url "$url" :http: >list && cat list && grep -q '12345 2020-02-03 04:05:06.0* a.bin$' list &&
        rclone copy --http-url "$url" :http:sub sub && cmp "sub/grüße aus köln.txt" "$root/sub/grüße aus köln.txt"
}
httrack_mirrors() {
    timeout 30 httrack "$url/sub/" -O . -q -s0 -r3 -c4 </dev/null; find . -name 'gr*' -size 8c | grep -q .
}
aria2_splits() {
    aria2c -q -x4 -s4 -k1M "$url/big.bin" && cmp big.bin "$root/big.bin"
}
axel_splits() {
    axel -q -n 4 "$url/big.bin" && cmp big.bin "$root/big.bin"
}
zsync_takes_what_differs() {
    zsyncmake -u "$url/big.bin" -o "$root/big.zsync" "$root/big.bin"
    { for ((i = 0; i < 40; i++)); do # forty differences: ranges in fields of twenty
        tail -c +$((i * 75000 + 1)) "$root/big.bin" | head -c 65000
        head -c 10000 /dev/zero
    done; } >seed
    zsync -q -i seed -o big.bin "$url/big.zsync" && cmp big.bin "$root/big.bin"
}
git_clones_dumb() {
    git init -q -b main source && (cd source && git config user.email a@b && git config user.name a &&
        git commit -q --allow-empty -m one && echo two >two && git add two && git commit -q -m two && git update-server-info) &&
        cp -r source/.git "$root/repository.git" && git clone -q "$url/repository.git" copy && [[ $(cat copy/two) == two ]]
}
apt_updates_and_downloads() {
    mkdir -p package/DEBIAN state/lists/partial cache/archives/partial etc
    printf 'Package: sample\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@b>\nDescription: sample\n' >package/DEBIAN/control
    dpkg-deb -b package "$root/debian/sample_1.0_all.deb" && (cd "$root/debian" && dpkg-scanpackages -m . >Packages) || return
    echo "deb [trusted=yes] $url/debian ./" >etc/sources.list
    local options=(-o Dir::State=state -o Dir::State::status=/dev/null -o Dir::Cache=cache -o Dir::Etc=etc -o Dir::Etc::sourceparts=-
        -o APT::Sandbox::User= -o Acquire::http::Proxy=false -o Acquire::Languages=none)
    for run in first unchanged; do
        apt-get "${options[@]}" -o "Dir=$PWD" update && echo "$run" || return
    done
    apt-get "${options[@]}" -o "Dir=$PWD" download sample && cmp sample_1.0_all.deb "$root/debian/sample_1.0_all.deb"
}

client curl curl_resumes
client wget wget_resumes_and_mirrors
client wget2 wget2_takes_chunks
client busybox busybox_wget_resumes
client lftp lftp_lists_and_mirrors
client rclone rclone_lists_and_copies
client httrack httrack_mirrors
client aria2c aria2_splits
client axel axel_splits
client zsync zsync_takes_what_differs
client git git_clones_dumb
client apt-get apt_updates_and_downloads
exit $failed
