#!/usr/bin/env bash
# 'socgi new' by the real program: what it makes, what it refuses and in which words, and that it never leaves half of
# something behind. What it makes is built by install.new.
#     new_test.sh SOCGI
set -uo pipefail
socgi=$1
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# new STATUS PATTERN ARGUMENTS...: what socgi new makes of them.
new() { expect "$1" "$2" new "${@:3}"; }
empty() { [[ -z $(ls -A) ]] || fail "$1 left behind: $(ls -A)"; }

new 0 '^Usage: socgi new NAME' --help
new 0 '^sqlite +[a-z]' --template list
mapfile -t templates < <("$socgi" new --template list | awk '{ print $1 }')
[[ ${templates[*]} == 'hello form json upload sqlite' ]] || fail "templates: ${templates[*]}"

new 2 "found 0 names, expected one"
new 2 "found 2 names, expected one" one two
new 2 "Try 'socgi new --help'" --frobnicate name
for name in '' 1st -- _x .hidden a.b a/b ../up 'a b' 'a;b' 'é' "a\$b" "$(printf 'x%.0s' {1..65})"; do
    new 1 'found the name .*, expected a letter, then letters, digits' -- "$name"
done
new 1 'found the name "my_test", expected one without "_test"' my_test
new 1 'found the name "test", which CMake uses itself; take another, as my-test' test
new 1 'found "rust", expected one of those that .socgi new --template list. shows' --template rust name
new 1 'found "base", expected one of' --template base name
empty 'a refusal'

touch file && mkdir folder && ln -s nowhere link
for name in file folder link; do
    new 1 "found a file or folder \"$name\" here, expected none; take another name" "$name"
done
[[ -f file && ! -s file && -z $(ls -A folder) && ! -e nowhere ]] || fail 'what was there was changed'
rm -r file folder link

# The disk is full in the middle: a limit of 1 KiB for each file.
output=$( (trap '' XFSZ; ulimit -f 1; exec "$socgi" new name 2>&1 | cat) )
[[ $output == *'name: File too large; nothing was made'* ]] || fail "a full disk: $output"
empty 'a full disk'

# What there is at the end, and that no placeholder is left in it.
for template in "${templates[@]}"; do
    new 0 "^cd my-$template\$" "my-$template" --template "$template"
    for file in "my-$template.c" "my-${template}_test.c" CMakeLists.txt CMakePresets.json README.md .gitignore; do
        checks=$((checks + 1))
        [[ -s my-$template/$file ]] || fail "there is no my-$template/$file"
    done
    [[ $(ls -A "my-$template" | wc -l) == 6 ]] || fail "my-$template holds something else: $(ls -A "my-$template")"
done
grep -rn '@NAME@' . && fail 'a placeholder is left'
new 0 '^cd plain$' plain
grep -q 'Hello, ' plain/plain.c || fail 'the template by default is not hello'
[[ $("$socgi" new other | wc -l) == 3 ]] || fail 'what comes next is not told in three lines'
cp "$socgi" socgi
[[ $(PATH=$work:$PATH ./socgi new found | sed -n '2,3p') == $'socgi dev .\ncmake --workflow --preset test' ]] || fail 'what comes next with it in PATH'

checks_end 50
