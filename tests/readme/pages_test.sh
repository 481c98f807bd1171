#!/usr/bin/env bash
# The pages lead where they say, the first one is short, and what they repeat of the code is what stands there.
#     pages_test.sh SOURCE-FOLDER
set -uo pipefail
cd "$1" || exit 1
failures=0 checks=0
fail() {
    printf 'FAILED: %s\n' "$*"
    failures=$((failures + 1))
}

# A link without "://" is a file beside the page, perhaps with "#" and a heading of it.
mapfile -t pages < <(find README.md core deploy include plugins script -name '*.md' ! -path '*/templates/*')
for page in "${pages[@]}"; do
    while read -r link; do
        checks=$((checks + 1))
        file=$(dirname "$page")/${link%%#*}
        [[ $link != '#'* ]] || file=$page
        [[ -e $file ]] || fail "$page: there is no $link"
        [[ $link != *'#'* ]] || sed -n 's/^##* //p' "$file" | tr 'A-Z ' 'a-z-' | grep -qx -- "${link#*#}" ||
            fail "$page: $link has no such heading"
    done < <(grep -oP '\]\(\K[^)]*(?=\))' "$page" | grep -v '://')
done

(($(wc -l < README.md) <= 200 && $(wc -L < README.md) <= 170)) || fail "README.md is longer than a newcomer reads"

# Options of the plugins that are installed, with their defaults.
for plugin in cgi fastcgi file; do
    page=plugins/README.md
    [[ ! -e plugins/$plugin/README.md ]] || page=plugins/$plugin/README.md
    while IFS=$'\t' read -r name default; do
        checks=$((checks + 1))
        row=$(tr -d '`' < "$page" | grep "^| $plugin\.$name |") || fail "$page does not name $plugin.$name"
        [[ $default == NULL || $default == '""' || $row == *"| ${default//\"/} |"* ]] ||
            fail "$page: the default of $plugin.$name is $default"
    done < <(sed -n 's/^ *{"\([a-z_]*\)", \(NULL\|"[^"]*"\), ".*},$/\1\t\2/p' "plugins/$plugin/settings.c")
done

echo "$checks checks, $failures failures"
((failures == 0 && checks > 30))
