#!/usr/bin/env bash
# Every header compiles alone, and twice; those that plugins include, also as C++.
set -uo pipefail
cd "$1"
flags=(-fsyntax-only -D_GNU_SOURCE -Iinclude -Icore -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wundef -Werror)
failures=0 count=0
while read -r header; do
    count=$((count + 1))
    printf '#include "%s"\n' "$PWD/$header" "$PWD/$header" | gcc -std=c11 -x c "${flags[@]}" - || { echo "FAILED: $header"; failures=$((failures + 1)); }
done < <(find core include -name '*.h' | sort)
for header in include/socgi/*.h; do
    printf '#include "%s"\n' "$PWD/$header" | g++ -std=c++17 -x c++ "${flags[@]}" - || { echo "FAILED as C++: $header"; failures=$((failures + 1)); }
done
# A plugin in C++20, whose designated initializers are in the order of the struct.
g++ -std=c++20 -x c++ -fsyntax-only -Iinclude -Wall -Wextra -Werror - <<'CPP' || { echo "FAILED: a plugin in C++"; failures=$((failures + 1)); }
#include <socgi/plugin.h>
static int hello(const struct socgi_request *, struct socgi_response *res) {
    return socgi_printf(res, "hello\n") ? 500 : 200;
}
SOCGI_PLUGIN(.name = "hello", .handle = hello)
CPP
echo "$count headers, $failures failures"
((failures == 0 && count > 40))
