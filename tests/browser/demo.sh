# A server with everything that the demo has. Sourced after checks.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# Serves the plugins of a folder with their data in $work/data. $site is the address, $server the pid.
demo_start() { # SOCGI PLUGIN-FOLDER WWW
    local data=$work/data
    mkdir -p "$data/upload"
    printf 'pool "heavy" { plugins = { "mandelbrot" } workers = 1 }\n' > "$data/socgi.conf"
    ASAN_OPTIONS=detect_leaks=0:handle_segv=0:handle_abort=0:allow_user_segv_handler=1 "$1" -c "$data/socgi.conf" \
        -l 127.0.0.1:0 -w 4 -s "access_log=$work/access" -s log_level=notice \
        -s "admin=unix:$work/admin" -s admin_pools=main -o "status.socket=$work/admin" -o "file.root=$3" -o file.listing=true \
        -o "guestbook.database=$data/guestbook.sqlite" -o "upload.folder=$data/upload" \
        -o "members.users=$3/../plugins/members/users" "$2" >"$work/log" 2>&1 </dev/null &
    server=$!
    port_await "$work/log" 'listening on 127\.0\.0\.1:\([0-9][0-9]*\)'
    site=http://127.0.0.1:$port
}

# Opens the page and waits until every section has what the server told it.
demo_open() {
    page_open "$site/" || fail "the page does not open"
    await 'the page is alive' yes page_ask 'return document.body.dataset.ready'
    await 'the fractal is drawn' true page_ask \
        'const p = document.getElementById("fractal-picture"); return p.complete && p.naturalWidth > 0'
    await 'the tiles are there' true page_ask 'return document.querySelectorAll("#live .worker").length >= 5'
    await 'the files are listed' true page_ask 'return document.querySelectorAll("#files-list li").length > 3'
    await 'the book is open' true page_ask 'return document.querySelectorAll("#guestbook-list li").length > 0'
    await 'uploads are listed' true page_ask 'return document.querySelectorAll("#upload-list li").length > 0'
}
