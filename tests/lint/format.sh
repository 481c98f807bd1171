#!/usr/bin/env bash
# Every C file is as clang-format would write it.
set -euo pipefail
cd "$1"
mapfile -t files < <(find core include plugins tests -name '*.[ch]' | sort)
((${#files[@]} > 50)) || { echo "found ${#files[@]} files only"; exit 1; }
clang-format --dry-run -Werror "${files[@]}"
echo "${#files[@]} files"
