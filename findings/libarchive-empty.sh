#!/usr/bin/env bash
# Uploads that are no archive, given to libarchive with archive_read_support_format_all.
#
# Guess:   an upload of 0 bytes is an error; a text is "Unrecognized archive format".
# So is:   0 bytes are a valid archive without members, of the format "Empty file": open says ARCHIVE_OK, the first header
#          ARCHIVE_EOF. A text that begins with #mtree is an archive as well, with the members that it names and no content.
# Means:   a handler that takes archives must ask for the formats that it means (zip, tar), and must look at the number of members.
# Seen on: Debian 12, libarchive 3.6.2-1+deb12u5.
set -euo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
T=$(mktemp -d)
PIDS=()
finish() {
    for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait
    rm -rf "$T"
}
trap finish EXIT
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
L=$T/root/usr/lib/x86_64-linux-gnu
own() { # runs a program with what was unpacked
    PATH=$T/root/usr/bin:$T/root/bin:$T/root/usr/sbin:$T/root/sbin:$PATH LD_LIBRARY_PATH=$L:$T/root/lib/x86_64-linux-gnu:$T/root/usr/lib "$@"
}
get libarchive13=3.6.2-1+deb12u5 libarchive-dev=3.6.2-1+deb12u5
cat >t.c <<'END'
#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
int main(int argc, char **argv) {
    static char data[1 << 16];
    size_t size = fread(data, 1, sizeof data, stdin);
    struct archive *a = archive_read_new();
    struct archive_entry *entry;
    int members = 0;
    archive_read_support_filter_all(a);
    archive_read_support_format_all(a);
    int rc = archive_read_open_memory(a, data, size);
    if (rc != ARCHIVE_OK) {
        printf("refused\n");
        return argc - 1 + (argv[0] == NULL);
    }
    while ((rc = archive_read_next_header(a, &entry)) == ARCHIVE_OK) members++;
    printf("%s, %d members, %s\n", archive_format_name(a), members, rc == ARCHIVE_EOF ? "end" : "error");
}
END
gcc -I root/usr/include -o t t.c "$L/libarchive.so.13"
expect "0 bytes" "$(own ./t </dev/null)" "Empty file, 0 members, end"
expect "a text" "$(echo 'some text' | own ./t)" "refused"
expect "a text that begins with #mtree" "$(printf '#mtree\n./a type=file\n./b type=file\n' | own ./t)" "mtree, 2 members, end"
echo one >one
expect "a tar" "$(tar -cf - one | own ./t)" "GNU tar format, 1 members, end"

[ "$changed" = 0 ] && echo "as it was seen"
exit "$changed"
