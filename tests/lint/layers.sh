#!/usr/bin/env bash
# Who may include whom, where the compiler cannot tell.
set -uo pipefail
cd "$1"
failures=0
# refuse WHAT PATTERN FILE...: no line of the files matches.
refuse() {
    local what=$1 pattern=$2 found
    shift 2
    found=$(grep -nE "$pattern" "$@")
    case $? in
        0) printf 'FAILED: %s\n%s\n' "$what" "$found"; failures=$((failures + 1)) ;;
        1) ;;
        *) echo "FAILED: cannot look for: $what"; failures=$((failures + 1)) ;;
    esac
}
refuse 'a path out of its layer' '#include "\.\./' -r core include plugins
refuse 'the worker includes the master' '#include "(master|config)/' -r core/worker core/testing
refuse 'the master includes the worker' '#include "worker/' -r core/master
refuse 'wire includes a process' '#include "(master|worker|config)/' -r core/wire
refuse 'http includes what is above it' '#include "(wire|master|worker|config)/' -r core/http
refuse 'base includes what is above it' '#include "(http|wire|master|worker|config)/' -r core/base
refuse 'http_parser.h outside of core/http/parse.c' 'http_parser\.h>' $(find core include plugins -name '*.[ch]' ! -path core/http/parse.c)
refuse 'a plugin includes the server' '#include "(base|http|wire|master|worker|config)/' -r plugins
refuse 'the master maps code' '\bdlopen\b|\bdlsym\b' $(find core/master core/wire core/http core/base -name '*.[ch]')
refuse 'what serves can compile' '#include "dev/' $(find core -name '*.[ch]' ! -path 'core/dev/*' ! -path core/main.c)
refuse 'a file of over 500 lines' '^ *([5-9][0-9]{2}|[0-9]{4,}) ' <(find core plugins include tests -name '*.[ch]' -exec wc -l {} + | grep -v total)
((failures == 0)) && echo 'layers hold'
