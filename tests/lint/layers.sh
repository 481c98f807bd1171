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
# The rooms of the master process; what stands below them is every process's.
rooms='loop|record|cache|client|pool|generation|service|inside|master'
refuse 'the worker includes the master' "#include \"($rooms|config)/" -r core/worker core/testing core/trace
refuse 'the master includes the worker' '#include "worker/' $(eval "find core/{${rooms//|/,}} -name '*.[ch]'")
refuse 'what every process has includes a process' "#include \"($rooms|worker|config)/" -r core/wire core/http core/base
refuse 'http includes what is above it' '#include "wire/' -r core/http
refuse 'base includes what is above it' '#include "(http|wire)/' -r core/base
refuse 'loop knows HTTP or plugins' '#include "(http|wire|config)/' -r core/loop
refuse 'the guard knows more than processes' "#include \"(http|wire|config|worker|${rooms#loop|})/" -r core/guard
refuse 'the cache knows more than HTTP and the configuration' '#include "(wire|loop|record|client|pool|generation|service)/' -r core/cache
refuse 'the client room knows workers' '#include "(pool|generation|service)/' -r core/client
refuse 'the pool room knows clients or HTTP' '#include "(client|http|generation|service)/' -r core/pool
refuse 'the generation room knows clients' '#include "(client|service)/' -r core/generation
refuse 'a process is started elsewhere' '\bposix_spawnp?\(|\bv?fork\(|\bwaitpid\(' $(eval "find core/{${rooms//|/,}} -name '*.c' ! -path core/loop/child.c ! -path core/loop/orphans.c")
refuse 'http_parser.h outside of core/http/parse.c' 'http_parser\.h>' $(find core include plugins -name '*.[ch]' ! -path core/http/parse.c)
refuse 'a plugin includes the server' "#include \"(base|http|wire|worker|config|$rooms)/" -r plugins
refuse 'the master maps code' '\bdlopen\b|\bdlsym\b' $(eval "find core/{${rooms//|/,},wire,http,base} -name '*.[ch]'")
refuse 'what serves can compile' '#include "dev/' $(find core -name '*.[ch]' ! -path 'core/dev/*' ! -path core/main.c)
refuse 'a file of over 500 lines' '^ *([5-9][0-9]{2}|[0-9]{4,}) ' <(find core plugins include tests -name '*.[ch]' -exec wc -l {} + | grep -v total)
((failures == 0)) && echo 'layers hold'
