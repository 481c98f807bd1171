#!/usr/bin/env bash
# One server of the comparison: what it does, and how it is started. Its file in this folder defines
#     works=(...)              the works of script/bench that it can do, see works.py
#     worker=PATTERN           how the command lines of its workers read, when some of its processes are none; may be left out
#     found                    fails, with the reason on stdout, when it is not on this machine; may be left out
#     prepare FOLDER PORT      writes its configuration, compiles its handlers
#     serve FOLDER PORT        becomes the server, in the foreground
# and is given $root, $build, $workers, $work and $content, the folder with the files to serve.
#
#     peer.sh NAME works | worker | found
#     peer.sh NAME prepare | serve FOLDER PORT
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
: "${build:=$root/build/release}" "${workers:=4}" "${work:=hello}" "${content:=$root/www}"
works=() worker=
found() { :; }
# shellcheck disable=SC1090
. "$root/script/bench.d/$1"
case $2 in
    works) echo "${works[@]}" ;;
    worker) echo "$worker" ;;
    found) found ;;
    prepare) prepare "$3" "$4" ;;
    serve)
        echo "$EPOCHREALTIME" > "$3/begun"
        serve "$3" "$4"
        ;;
    *) exit 2 ;;
esac
