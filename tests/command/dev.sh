# For the tests of socgi dev: a folder to work in, and what its server answers. Sourced; the test sets $socgi.
# shellcheck shell=bash
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
work=$(mktemp -d)
dev=
finish() {
    [[ $dev ]] && kill -KILL "$dev" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
export TMPDIR=$work
mkdir "$work/src" "$work/out"
cd "$work" || exit 1

# plugin NAME TEXT: what a handler of one line is.
plugin() {
    printf '#include <socgi/plugin.h>\n\nstatic int handle(const struct socgi_request *req, struct socgi_response *res) {\n    (void)req;\n    %s\n}\nSOCGI_PLUGIN(.handle = handle)\n' "$2" > "$work/.new"
    mv "$work/.new" "$1"
}
ask() { curl -s -m 120 --unix-socket "$work/s" "http://socgi$1"; }

# becomes PATH PATTERN: what answers there comes to match, and soon; there is no event to wait for but the answer.
becomes() {
    local answer
    checks=$((checks + 1))
    for ((i = 0; i < 3600; i++)); do
        answer=$(ask "$1" | tr '\n' '~')
        grep -qE -- "$2" <<< "$answer" && return
        sleep 0.05
    done
    fail "$1 does not become /$2/ but: $answer"
    cat "$work/log"
}
# said PATTERN: the terminal comes to show it.
said() {
    checks=$((checks + 1))
    for ((i = 0; i < 3600; i++)); do
        grep -qE -- "$1" "$work/log" && return
        sleep 0.05
    done
    fail "the terminal does not show /$1/"
}
