#!/usr/bin/env bash
# The manual pages that are made from the headers are good mdoc(7) and hold every function, and each function leads to one.
#     manual.sh SOURCE-FOLDER MAN3-FOLDER C-COMPILER
set -uo pipefail
source=$1 folder=$2 cc=$3
failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }
for header in plugin testing; do
    page=$folder/$header/socgi-$header.3
    # STYLE also means lines of over 80 bytes in the source, and pages that are not installed on this machine.
    found=$(mandoc -T lint -W style "$page" | grep -vE 'STYLE: (input text line longer|referenced manual not found)')
    [[ -z $found ]] || fail "$page is not good mdoc: $found"
    text=$(mandoc -T utf8 -O width=160 "$page" | sed 's/.\x08//g')
    functions=$(printf '#include <socgi/%s.h>\n' "$header" | "$cc" -I"$source/include" -E -P - | grep -v '^typedef' |
        grep -o '\bsocgi_[a-z0-9_]* *(' | tr -d ' (' | sort -u)
    [[ $header == plugin ]] || functions=$(grep '^socgi_test_' <<< "$functions")
    (($(wc -w <<< "$functions") > 7)) || fail "socgi/$header.h: found $functions only"
    for function in $functions; do
        grep -qE "^ {5}[^ ].*\b$function\(" <<< "$text" || fail "$page has no $function"
        [[ $(cat "$folder/$header/$function.3") == ".so man3/socgi-$header.3" ]] || fail "$function.3 does not lead to $page"
    done
    for part in NAME SYNOPSIS DESCRIPTION "SEE ALSO"; do
        grep -q "^$part\$" <<< "$text" || fail "$page has no $part"
    done
done
for group in $(sed -n 's|^/\* ---- \(.*[a-z]\) -*.*|\1|p' "$source/include/socgi/plugin.h" | tr 'a-z ' 'A-Z_'); do
    grep -qx "${group//_/ }" <(mandoc -T utf8 "$folder/plugin/socgi-plugin.3" | sed 's/.\x08//g') || fail "no section ${group//_/ }"
done
echo "$failures failures"
((failures == 0))
