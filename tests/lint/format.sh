#!/usr/bin/env bash
# Every C file is as clang-format would write it: that of the version which the code is written by, for each writes some
# places otherwise.
set -euo pipefail
version=$(clang-format --version | sed 's/.*version \([0-9]*\).*/\1/')
if [[ $version != 14 ]]; then
    echo "left out: the code is written by clang-format 14, and this is $version"
    exit 77
fi
cd "$1"
mapfile -t files < <(find core include plugins tests -name '*.[ch]' | sort)
((${#files[@]} > 50)) || { echo "found ${#files[@]} files only"; exit 1; }
clang-format --dry-run -Werror "${files[@]}"
echo "${#files[@]} files"
