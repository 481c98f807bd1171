#!/usr/bin/env bash
# What ABI.md says of the layouts is what the compiler makes of the header, to the last field; and its plugin in C++ compiles.
#     page.sh SOURCE-FOLDER C-COMPILER C++-COMPILER
set -euo pipefail
source=$1 page=$1/include/socgi/ABI.md cc=$2 cxx=$3
checks=$(awk -F ' *[|] *' '
    function close_struct() {
        if (type) printf "_Static_assert(sizeof(%s) == %d, \"%s has fields that the page has not\");\n", type, int((end + 7) / 8) * 8, type
        type = ""
    }
    /^#/ { close_struct() }
    /^### struct / { type = substr($0, 5) }
    type && $2 ~ /^[0-9]+$/ {
        field = $4
        gsub(/`/, "", field)
        printf "_Static_assert(offsetof(%s, %s) == %d && sizeof(((%s *)0)->%s) == %d, \"%s: %s\");\n", type, field, $2, type, field, $3, type, field
        end = $2 + $3
    }' "$page")
count=$(grep -c _Static_assert <<< "$checks")
((count > 25)) || { echo "FAILED: the page has $count places only"; exit 1; }
printf '#include <socgi/plugin.h>\n%s\n' "$checks" | "$cc" -std=c11 -fsyntax-only -I"$source/include" -x c - || { echo "FAILED: the layouts"; exit 1; }
example=$(sed -n '/^```cpp$/,/^```$/p' "$page" | sed '/^```/d')
[[ $example == *SOCGI_PLUGIN_SET* ]] || { echo "FAILED: there is no example in C++"; exit 1; }
"$cxx" -std=c++14 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I"$source/include" -x c++ - <<< "$example" || { echo "FAILED: the example in C++"; exit 1; }
magic=$(printf '#include <socgi/plugin.h>\nSOCGI_MAGIC\n' | "$cc" -E -P -I"$source/include" -x c - | tail -1)
grep -q "| ${magic%u} |" "$page" || { echo "FAILED: the magic number is not $magic"; exit 1; }
echo "$count places"
