#!/usr/bin/env bash
# The live page of the view inside, in a real browser: it shows what the server does while it does it. A picture of it is
# left as PICTURE.
#     status_test.sh SOCGI PLUGIN-FOLDER TEST-PLUGIN-FOLDER PICTURE
set -uo pipefail
socgi=$1 plugins=$2 test_plugins=$3 picture=$4
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

server_start() {
    mkdir "$work/plugins"
    cp "$plugins/hello.so" "$test_plugins/crash.so" "$test_plugins/sleep.so" "$work/plugins"
    ASAN_OPTIONS=detect_leaks=0:handle_segv=0:allow_user_segv_handler=1 "$socgi" -l 127.0.0.1:0 -w 3 -s access_log=off \
        -s log_level=info -s admin=127.0.0.1:0 "$work/plugins" >"$work/log" 2>&1 </dev/null &
    server=$!
    port_await "$work/log" 'listening on 127\.0\.0\.1:\([0-9][0-9]*\)'
    site=http://127.0.0.1:$port
    port_await "$work/log" 'the view inside is at 127\.0\.0\.1:\([0-9][0-9]*\)'
    view=http://127.0.0.1:$port
}

get() {
    curl --noproxy '*' -s -o /dev/null "$site$1"
}

server_start
browser_start "$work" || exit 1
session_open "$work" on || { echo "no browser"; cat "$work/driver.log"; exit 1; }
page_open "$view/" || fail "the page does not open"
await 'it is live' yes page_ask 'return document.body.dataset.live'
await 'the title' socgi page_ask 'return document.title'
await 'about' '*, serving for *, generation 1' element_text '#about'
await 'three workers' 3 page_ask 'return document.querySelectorAll(".tile.idle").length'
await 'the plugins' '*crash*/crash*hello*/hello*sleep*/sleep*' element_text '#plugins'

for ((i = 0; i < 30; i++)); do get /hello; done
await 'what hello has done' '*hello /hello main serving 0 30 0 0*' element_text '#plugins'
await 'requests a second' true page_ask 'return document.getElementById("rates").getAttribute("d").length > 5'

get '/sleep?ms=4000' &
sleeper=$!
await 'a busy worker, and with what' '*busy*GET /sleep?ms=4000*' page_ask \
    'const t = document.querySelector(".tile.busy"); return t ? t.textContent : ""'

get /crash
await 'an incident' '*crash ended by signal 11 (Segmentation fault) while it handled GET /crash*' element_text '#incidents'
await 'its trace' '*#0 crash_segv at *crash.c:*' page_ask 'return document.querySelector("#incidents pre").textContent'
element_click '#incidents summary' || fail "the incident cannot be opened"

echo 'no plugin' > "$work/plugins/broken.so"
await 'a plugin that cannot be served' '*broken.so: the latest version is not served: *' element_text '#plugins'
await 'its state' '*broken*' page_ask 'return document.querySelector("td.broken").textContent'
await 'every image and region named' 0 page_ask 'return [...document.querySelectorAll("[role=img], [role=region], section")]
    .filter((e) => !e.getAttribute("aria-label")).length'
driver GET "/session/$session/screenshot" | jq -r . | base64 -d > "$picture"
checks=$((checks + 1))
(($(wc -c < "$picture") > 10000)) || fail "the picture is empty"

complaints=$(page_complaints)
checks=$((checks + 1))
[[ -z $complaints ]] || fail "the browser complained: $complaints"
wait "$sleeper"
sed -i '/] incident/d' "$work/log" # the one that was wanted
server_end
await 'it tells that the server is gone' 'the server does not answer' element_text '#lost'

echo "$checks checks, $failures failures"
((failures == 0 && checks > 14))
