#!/usr/bin/env bash
# The demo page in a real browser, on the real server: a person's clicks and keys reach the plugins, with JavaScript and
# without, with a storage and without, and a plugin that is not there leaves the rest of the page as it is.
#     page_test.sh SOCGI PLUGIN-FOLDER WWW
set -uo pipefail
socgi=$1 plugins=$2 www=$3
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

# The plugins of the page's own sections alone: the examples have a test of their own, and are not here.
server_start() {
    mkdir "$work/plugins"
    cp "$plugins"/{hello,echo,calc,file,status}.so "$work/plugins"
    ASAN_OPTIONS=detect_leaks=0 "$socgi" -l 127.0.0.1:0 -w 4 -s "access_log=$work/access" -s log_level=notice \
        -s "admin=unix:$work/admin" -s admin_pools=main -o "status.socket=$work/admin" -o "file.root=$www" -o file.listing=true \
        "$work/plugins" >"$work/log" 2>&1 </dev/null &
    server=$!
    port_await "$work/log" '127\.0\.0\.1:\([0-9][0-9]*\)'
    site=http://127.0.0.1:$port
    curl --noproxy '*' -fs -o "$work/page" "$site/" || { cat "$work/log"; exit 1; }
}

page_start() {
    page_open "$site/" || fail "the page does not open"
    await 'the page is alive' yes page_ask 'return document.body.dataset.ready'
}

# What only Chromium's console tells, but for statuses that were asked for.
complaints_check() {
    local complaints
    complaints=$(page_complaints | grep -v 'responded with a status of 40[045]')
    checks=$((checks + 1))
    [[ -z $complaints ]] || fail "the browser complained: $complaints"
}

first_screen() {
    await 'the title' socgi page_ask 'return document.title'
    await 'what it is' '*HTTP server whose handlers are plugins*' element_text .lead
    await 'the plugin' '*SOCGI_PLUGIN(.handle = hello)' element_text '.plugin pre'
    await 'the picture' true page_ask 'const i = document.querySelector(".roles img"); return i.complete && i.naturalWidth > 0'
    element_type '#hello-name' 'Zoë & <Co>'
    press '#hello-form button'
    await 'hello greets' 'Hello, Zoë & <Co>!' element_text '#hello-answer'
    element_type '#hello-name' 'keyboard'
    keys_press $'\ue007'
    await 'hello by the Enter key' 'Hello, keyboard!' element_text '#hello-answer'
}

calculator() {
    element_type '#calc-expression' '0.1+0.2'
    press '#calc-expression-form button'
    await 'an expression' '*0.3*exact' element_text '#calc-answer'
    element_type '#calc-expression' '1/0'
    press '#calc-expression-form button'
    await 'what is wrong' '*division by zero' element_text '#calc-answer'
    element_type '#calc-a' 1
    element_type '#calc-b' 3
    press '#calc-op option[value=div]'
    press '#calc-operation-form button'
    await 'one operation, rounded' '1 ÷ 3 =*0.3333*exactly 1/3' element_text '#calc-answer'
    await 'the history' '2: 1 ÷ 3 = 0.33*' page_ask 'const h = document.querySelectorAll("#calc-history li");
        return `${h.length}: ${h[0].textContent}`'
    press '#calc-history li:last-child button'
    await 'the history evaluates again' '*0.3*exact' element_text '#calc-answer'
    await 'and fills the form' '0.1+0.2' page_ask 'return document.getElementById("calc-expression").value'
}

calculator_storage() {
    await 'the history outlives the page' '*0.1+0.2 = 0.3*' element_text '#calc-history'
    press '#calc-forget'
    await 'it can be cleared' true page_ask 'return document.getElementById("calc-past").hidden'
    page_ask 'localStorage.setItem("socgi.calc", `[1, null, {"asked": "<b>"}, {"asked": "<b>2</b>", "result": "2", "query": {"expr": "2"}}]`)' >/dev/null
    page_start
    await 'what is stored is no markup' '<b>2</b> = 2' page_ask 'return document.getElementById("calc-history").textContent'
    page_ask 'localStorage.setItem("socgi.calc", "no json")' >/dev/null
    page_start
    await 'nor is it believed' 0 page_ask 'return document.getElementById("calc-history").children.length'
}

# A browser that lets the page store nothing.
storage_denied() {
    local script id
    script='Object.defineProperty(window, "localStorage", { get() { throw new DOMException("denied", "SecurityError"); } })'
    id=$(chromium_do Page.addScriptToEvaluateOnNewDocument "$(jq -n --arg source "$script" '{source: $source}')" | jq .identifier)
    page_start
    element_type '#calc-expression' '2*21'
    press '#calc-expression-form button'
    await 'a result without storage' '*42*' element_text '#calc-answer'
    await 'a history without storage' '2*21 = 42' element_text '#calc-history'
    chromium_do Page.removeScriptToEvaluateOnNewDocument "{\"identifier\": $id}" >/dev/null
}

echo_console() {
    element_type '#echo-message' '100 % + ü'
    press '#echo-form > button'
    await 'echo by GET' '200 OK' element_text '#echo .answer:last-child .status'
    await 'its message' '100 % + ü' element_text '#echo .answer:last-child .body'
    await 'the request understood' '*GET*/echo/request?msg=100*Host*' element_text '#echo .understood'
    press '#echo-method option:nth-child(3)'
    element_type '#echo-message' $'one\ntwo <b>ü'
    press '#echo .more summary'
    element_type '#echo-fields' $'X-Colour: blue\n\nAccept-Language: de'
    press '#echo-form > button'
    await 'echo by POST' 'POST /echo' element_text '#echo .answer:last-child .request'
    await 'its body' $'one\ntwo <b>ü' element_text '#echo .answer:last-child .body'
    await 'its fields' '*Accept-Language*de*' element_text '#echo .understood'
    await 'a field of ones own' '*X-Colour*blue*' element_text '#echo .understood'
    await 'the fields of the answer' '*content-type*text/plain*' element_text '#echo .answer:last-child .fieldlist'
    element_type '#echo-fields' 'no field'
    press '#echo-form > button'
    await 'what is no field' '*"Name: value"*"no field"*' element_text '#echo-answers'
    element_type '#echo-fields' ' '
    press '#echo-method option:nth-child(6)'
    press '#echo-form > button'
    await 'a method that echo does not take' '405*' element_text '#echo .answer:last-child .status'
    press '#echo-method option:nth-child(2)'
    press '#echo-form > button'
    await 'HEAD has no body' 'no body' element_text '#echo .answer:last-child .body'
}

files() {
    await 'the listing' '*grüße aus köln.txt*Download*rivers.csv*zoom.webm*' element_text '#files-list'
    await 'a download' '*/files/rivers.csv?download rivers.csv' page_ask \
        'const a = document.querySelector("#files-list a[aria-label=\"Download rivers.csv\"]"); return a.href + " " + a.download'
    await 'the video is there' true page_ask 'return document.getElementById("files-video").readyState > 0'
    press '[data-seek="10"]'
    await 'it jumps' 'At 10 s of 16 s.' element_text '#files-seek'
    checks=$((checks + 1))
    grep -q '"GET /files/zoom.webm HTTP/1.1" 206 ' "$work/access" || fail "the video was not fetched by range"
    press '#files-list li:first-child a'
    await 'a file with spaces and umlauts' 'Grüße aus Köln.*' element_text body
}

live() {
    await 'four workers' 4 page_ask 'return document.querySelectorAll("#live .worker").length'
    await 'the plugins' '*calc /calc*serving*hello /hello*' element_text '#live-plugins'
    await 'what hello has done' '[2-9]*' page_ask 'return [...document.querySelectorAll("#live-plugins tr")]
        .find((row) => row.textContent.startsWith("hello")).cells[2].textContent'
    await 'the generation' 1 element_text '#live-generation'
    press '#live-switch'
    await 'it can be paused' 'Go on' element_text '#live-switch'
    page_ask 'document.getElementById("live-total").textContent = "old"' >/dev/null
    press '#live-switch'
    await 'and go on' '[0-9]*' element_text '#live-total'
}

# Shown and hidden as a tab is; timers that the page starts and ends are told in `asked`.
tab() { # HIDDEN
    page_ask "Object.defineProperty(document, 'hidden', { configurable: true, get: () => $1 });
        document.dispatchEvent(new Event('visibilitychange'))" >/dev/null
}

ticker() {
    page_ask 'document.getElementById("trouble").scrollIntoView()' >/dev/null
    await 'the ticker runs' '[3-9]' element_text '#ticker-count'
    await 'nothing has failed' 0 element_text '#ticker-failures'
    await 'its times' '*ms' element_text '#ticker-median'
    await 'its bars' true page_ask 'return document.querySelectorAll("#ticker-bars i").length > 0'
    page_ask 'window.ended = 0; const end = window.clearInterval;
        window.clearInterval = (timer) => { window.ended++; end.call(window, timer); }' >/dev/null
    tab true
    await 'it stops when the tab is hidden' 1 page_ask 'return window.ended'
    tab false
    page_ask 'document.getElementById("ticker-count").textContent = "none"' >/dev/null
    await 'it goes on when it is seen' '[0-9]*' element_text '#ticker-count'
    press '#ticker-switch'
    await 'it can be paused' '2 Start' page_ask \
        'return `${window.ended} ${document.getElementById("ticker-switch").textContent}`'
}

still() {
    screen_set 1100 900 light reduce
    page_start
    page_ask 'document.getElementById("trouble").scrollIntoView()' >/dev/null
    await 'who wants stillness starts the ticker' Start element_text '#ticker-switch'
    press '#ticker-switch'
    await 'then it counts' '[1-9]*' element_text '#ticker-count'
    await 'without bars' 0 page_ask 'return document.getElementById("ticker-bars").children.length'
    screen_set 1100 900 light
}

# The examples are not in this server's folder.
absent_plugins() {
    await 'no upload' 'The plugin upload is not here.' element_text '#upload-list'
    await 'no guestbook' 'The plugin guestbook is not here.' element_text '#guestbook-words'
    await 'no fractal' 'The plugin mandelbrot is not here.' element_text '#fractal-words'
    press '#members-guest'
    await 'no members' 'The plugin members is not here.' element_text '#members-answer'
    press '#trouble form:first-child button'
    await 'no trouble' '*The plugin trouble is not here.' element_text '#trouble-log'
}

without_scripts() {
    page_open "$site/" || fail "the page does not open"
    element_type '#hello-name' 'plain form'
    press '#hello-form button'
    await 'hello by a plain form' 'Hello, plain form!' element_text body
    await 'its address' "$site/hello?name=plain+form" page_address

    page_open "$site/"
    element_type '#echo-message' 'plain get'
    press '#echo-form > button'
    await 'echo by a plain form' 'plain get' element_text body

    page_open "$site/"
    element_type '#calc-expression' '2 * (3 + 4)'
    press '#calc-expression-form button'
    await 'calc by a plain form' '*14*' element_text body
    await 'its address' "$site/calc?*" page_address

    page_open "$site/"
    press '#files-path a'
    await 'the folder by a plain link' '*grüße aus köln.txt*' element_text body
}

server_start
browser_start "$work" || exit 1
session_open "$work" on || { echo "no browser"; cat "$work/driver.log"; exit 1; }
page_start
for part in first_screen calculator echo_console live ticker absent_plugins files; do $part; done
page_start
calculator_storage
storage_denied
still
complaints_check
session_close
session_open "$work" off || { echo "no browser"; cat "$work/driver.log"; exit 1; }
without_scripts
session_close

server_end
echo "$checks checks, $failures failures"
((failures == 0 && checks > 70))
