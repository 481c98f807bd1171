#!/usr/bin/env bash
# Every option that the server has, by its own table, stands with its default in what people read: the on-line reference,
# the manual page and the example. And the example, with what is commented out in it, is a configuration.
#     options_test.sh SOCGI EXAMPLE MANUAL-PAGE
set -uo pipefail
socgi=$1 example=$2 page=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/plugins"
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

# Lines "NAME = VALUE" and "NAME (WORDS)" as "NAME VALUE"; "-" is for what is empty or depends on the machine.
plainly() {
    sed 's/\\(dq/"/g; s/ = { *\(.*\) }/ = \1/; s/ (.*)$/ = -/; s/ = ""$/ = -/; s/"//g; s/ = / /' | sort
}
same() { # WHAT OF-THE-TABLE THERE
    checks=$((checks + 1))
    [[ -n $3 && $2 == "$3" ]] || fail "$1 and the table: $(diff <(echo "$2") <(echo "$3"))"
}

table=$("$socgi" --set help)
defaults=$(sed -n '2,/^In a section/s/^  \([a-z_]*\) *\([^ ]*\) .*/\1 \2/p' <<< "$table" | sort)
(($(wc -l <<< "$defaults") > 50)) || fail "the table has few options: $defaults"

reference=$("$socgi" check --help-options)
same 'the reference' "$defaults" "$(sed -n '/^plugin /q; s/^  \([a-z_]* [(=].*\)/\1/p' <<< "$reference" | plainly)"
same 'the manual' "$defaults" "$(sed -n '/^\.SS plugin/q; s/^\.B \([a-z_]* [(=].*\)/\1/p' "$page" | plainly)"
same 'the example' "$defaults" "$(sed -n '/^# ---- plugin/q; s/^# \([a-z_]*\) = .*/\1 = -/p; s/^\([a-z_]* = .*[^ ]\)  *# .*/\1/p' "$example" | plainly)"

# What each means, and more of it where there is more.
checks=$((checks + 1))
(($(wc -L <<< "$reference") <= 80)) || fail "the reference does not fit a terminal"
while read -r name _ help; do
    [[ -n $help ]] || continue
    checks=$((checks + 1))
    grep -qF -- "# $help" "$example" || fail "the example does not say of $name: $help"
    grep -qF -- "$help." "$page" || fail "the manual does not say of $name: $help"
    tr -s '\n ' ' ' <<< "$reference" | grep -qF -- "$help" || fail "the reference does not say of $name: $help"
done < <(sed '/^In a section pool/,$d; /^[^ ]/d' <<< "$table")
"$socgi" check --help-options > /dev/full && fail "the reference on a full disk"

# Options of sections.
part() { awk -v "head=$1" -v "end=$2" '$0 ~ end { on = 0 } $0 ~ head { on = 1 } on'; } # from a heading to the next one
for section in plugin pool; do
    for option in $(part "^In a section $section" '^In' <<< "$table" | sed -n 's/^  \([a-z_]*\) .*/\1/p'); do
        checks=$((checks + 1))
        part "^$section " '^[a-z]' <<< "$reference" | grep -qw -- "$option" || fail "the reference has no $option of a $section"
        part "^[.]SS $section" '^[.]S' < "$page" | grep -qw -- "$option" || fail "the manual has no $option of a $section"
        part "^# $section \"" '^# ----' < "$example" | grep -qw -- "$option" || fail "the example has no $option of a $section"
    done
done

expect 0 'socgi.conf: ok' check -c "$example" "$work/plugins"
sed -n 's/^# \(plugin "\|pool "\|    \|}\)/\1/p' "$example" > "$work/sections"
expect 0 'sections: ok' check -c "$work/sections" -s user= "$work/plugins"

version=$("$socgi" --version | sed 's/^\(socgi [0-9.]*\),.*/\1/')
grep -q "^\.TH SOCGI\.CONF 5 .*\"$version\"" "$page" || fail "the manual is not of $version"
# Pages that are not installed on this machine are none of its faults.
found=$(mandoc -T lint -W style "$page" | grep -vE 'STYLE: (input text line longer|referenced manual not found)')
[[ -z $found ]] || fail "$page is not good: $found"

checks_end 80
