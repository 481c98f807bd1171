#!/usr/bin/env bash
# The demo page in a real browser, on the real server: a person's clicks and keys reach every plugin, with JavaScript and
# without, on a wide and on a narrow screen.
#     page_test.sh SOCGI PLUGIN-FOLDER WWW
set -uo pipefail
socgi=$1 plugins=$2 www=$3
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"

# Does it and awaits the answer shown in the section.
answers() { # WHAT SECTION STATUS BODY COMMAND...
    local what=$1 section=$2 status=$3 body=$4
    shift 4
    page_ask 'document.querySelectorAll(".answer").forEach((old) => old.remove())' >/dev/null
    if ! "$@"; then
        checks=$((checks + 1))
        fail "$what: cannot do $*"
        return
    fi
    await "$what" "$status" element_text "#$section .answer .status"
    await "$what" "$body" element_text "#$section .answer .body"
}

server_start() {
    ASAN_OPTIONS=detect_leaks=0 "$socgi" -l 127.0.0.1:0 -w 2 -s "access_log=$work/access" -s log_level=notice \
        -o "file.root=$www" -o file.listing=true "$plugins" >"$work/log" 2>&1 </dev/null &
    server=$!
    port_await "$work/log" '127\.0\.0\.1:\([0-9][0-9]*\)'
    site=http://127.0.0.1:$port
    curl --noproxy '*' -fs -o "$work/page" "$site/" || { cat "$work/log"; exit 1; }
}

with_scripts() {
    page_open "$site/" || fail "the page does not open"
    await 'the title' socgi page_ask 'return document.title'
    await 'the picture' true page_ask 'const i = document.querySelector("figure img"); return i.complete && i.naturalWidth > 0'

    element_type '#hello-name' 'Zoë & <Co>'
    answers 'hello greets' hello '200 *' 'Hello, Zoë & <Co>!' element_click '#hello button'
    element_type '#hello-name' 'keyboard'
    answers 'hello by the Enter key' hello '200 *' 'Hello, keyboard!' keys_press $'\ue007'

    element_type '#echo-message' '100 % + ü'
    answers 'echo by GET' echo '200 *' '100 % + ü' element_click '#echo form[method=get] button'
    element_type '#echo-body' $'one\ntwo ü'
    answers 'echo by POST' echo '200 *' $'one\ntwo ü' element_click '#echo form[method=post] button'
    answers 'echo of the request' echo '200 *' 'GET /echo/request*REQUEST_METHOD=GET*' element_click '#echo .about a'

    element_type '#calc-expression' '0.1+0.2'
    answers 'calc of an expression' calc '200 *' 0.3 element_click '#calc form:first-of-type button'
    element_type '#calc-expression' '1/0'
    answers 'calc refuses' calc '400 *' '*division by zero*' element_click '#calc form:first-of-type button'
    element_type '#calc-a' 7
    element_type '#calc-b' 8
    answers 'calc of one operation' calc '200 *' 56 eval 'element_click "#calc-op option[value=mul]" && element_click "#calc form:last-of-type button"'

    answers 'a file with spaces and umlauts' file '200 *' 'Grüße aus Köln.*' element_click '#file .links li:nth-child(2) a'
    answers 'a range' file '206 *' 'river,mouth*' element_click '#file .links li:nth-child(3) a'
    answers 'no such file' file '404 *' '*' element_click '#file .links li:nth-child(4) a'
    await 'the header fields' '*content-type*' page_ask 'return document.querySelector("#file .answer dl").textContent'

    element_click '#file .links li:nth-child(1) a' || fail "the folder's link cannot be clicked"
    await 'the folder' "$site/files/" page_address
    await 'its listing' '*grüße aus köln.txt*' element_text body
    page_ask 'return [...document.links].find((a) => a.textContent.includes("grüße")).click()' >/dev/null
    await 'a file from the listing' 'Grüße aus Köln.*' element_text body

    # 400s and 404s that were asked for are on the console; nothing else may be.
    local complaints
    complaints=$(page_complaints | grep -v 'responded with a status of 40[04]')
    checks=$((checks + 1))
    [[ -z $complaints ]] || fail "the browser complained: $complaints"
}

narrow_screen() {
    # Headless windows may not get narrower than 500 pixels; a frame may.
    page_open "$site/" || fail "the page does not open"
    page_ask 'const f = document.createElement("iframe"); f.src = "/"; f.style = "width: 340px; height: 700px"; f.id = "phone";
        document.body.prepend(f)' >/dev/null
    await 'the page in a narrow window' complete page_ask \
        'const d = document.getElementById("phone").contentDocument; return d.title === "socgi" ? d.readyState : ""'
    await 'nothing wider than the window' true page_ask 'const d = document.getElementById("phone").contentDocument;
        const e = d.documentElement; return e.clientWidth > 300 && e.scrollWidth <= e.clientWidth'
    await 'every field labelled' 0 page_ask 'return [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
        .filter((field) => !field.labels.length).length'
}

without_scripts() {
    page_open "$site/" || fail "the page does not open"
    element_type '#hello-name' 'plain form'
    element_click '#hello button'
    await 'hello by a plain form' 'Hello, plain form!' element_text body
    await 'its address' "$site/hello?name=plain+form" page_address

    page_open "$site/"
    element_type '#echo-body' 'plain post'
    element_click '#echo form[method=post] button'
    await 'echo by a plain form' 'body=plain post*' element_text body

    page_open "$site/"
    element_type '#calc-expression' '2 * (3 + 4)'
    element_click '#calc form:first-of-type button'
    await 'calc by a plain form' '*14*' element_text body
    await 'its address' "$site/calc?*" page_address
}

server_start
browser_start "$work" || exit 1
for scripts in on off; do
    session_open "$work" "$scripts" || { echo "no browser"; cat "$work/driver.log"; exit 1; }
    case $scripts in
        on)
            with_scripts
            narrow_screen
            ;;
        off) without_scripts ;;
    esac
    session_close
done

server_end
echo "$checks checks, $failures failures"
((failures == 0 && checks > 35))
