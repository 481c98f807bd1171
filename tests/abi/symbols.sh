#!/usr/bin/env bash
# What the server exports is what symbols.txt lists, with the minor version of the ABI that brought each function in;
# those of 1.0 are the ones that the header of 1.0 declares, and that the plugin which uses all of them asks for.
#     symbols.sh SOCGI SOURCE-FOLDER PLUGIN-OF-1.0 COMPILER
set -euo pipefail
socgi=$1 source=$2 plugin=$3 compiler=$4
list=$source/tests/abi/symbols.txt
failures=0
# complain WHAT NAMES: there are none.
complain() {
    [[ $2 ]] || return 0
    printf 'FAILED: %s:\n%s\n' "$1" "$2"
    failures=$((failures + 1))
}
only() { comm -"$1" <(printf '%s\n' "$2") <(printf '%s\n' "$3"); }
functions() { grep -v '^typedef' | grep -o '\bsocgi_[a-z0-9_]* *(' | tr -d ' (' | sort -u; }
version() { printf '#include <socgi/plugin.h>\nSOCGI_ABI_%s\n' "$1" | "$compiler" -I"$source/include" -E -P - | tail -1; }
export LC_ALL=C

now=$(version MAJOR).$(version MINOR)
listed=$(grep -v '^#' "$list" | cut -d' ' -f1 | sort)
first=$(sed -n 's/ 1\.0$//p' "$list" | sort)
# Beside the SDK a program exports what the C library and the sanitizers want of it; and a vfork that is a fork.
exported=$(nm -D --defined-only "$socgi" | awk '$3 !~ /@/ && $3 !~ /^_/ && $3 != "vfork" { print $3 }' | sort)
declared=$("$compiler" -E -P "$source/tests/abi/plugin-1.0.h" | functions)
wanted=$(nm -D --undefined-only "$plugin" | awk '$2 ~ /^socgi_/ { print $2 }' | sort)

complain "the server no longer exports these: plugins that call them do not load" "$(only 23 "$listed" "$exported")"
complain "the server exports these too: list each in tests/abi/symbols.txt as \"NAME $now\", or hide it" "$(only 13 "$listed" "$exported")"
complain "not lines of the form \"NAME MAJOR.MINOR\"" "$(grep -vE '^(#.*|socgi_[a-z0-9_]+ 1\.[0-9]+)$' "$list" || true)"
complain "listed for a version that is yet to come" "$(awk -v now="${now#*.}" '!/^#/ { split($2, v, "."); if (v[2] > now + 0) print }' "$list")"
complain "the header of 1.0 and the list differ in what 1.0 has" "$(only 3 "$first" "$declared")"
complain "the plugin that uses every function of 1.0 uses others" "$(only 3 "$first" "$wanted")"
echo "$(wc -l <<< "$exported") functions of ABI $now, $failures failures"
((failures == 0))
