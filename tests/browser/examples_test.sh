#!/usr/bin/env bash
# The sections of the demo page that show the examples, in a real browser: files go up, the book is signed, pictures are
# steered, members enter, and trouble troubles nobody else.
#     examples_test.sh SOCGI PLUGIN-FOLDER WWW
set -uo pipefail
socgi=$1 plugins=$2 www=$3
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck source=demo.sh
. "$(dirname "${BASH_SOURCE[0]}")/demo.sh"

upload() {
    await 'nothing uploaded' 'Nothing yet.' element_text '#upload-list'
    head -c 3000000 /dev/urandom > "$work/grüße <b>.bin"
    # The steps of the progress bar are noted as they are shown.
    page_ask 'window.steps = []; const bar = document.getElementById("upload-progress");
        new MutationObserver(() => window.steps.push(bar.value)).observe(bar, { attributes: true })' >/dev/null
    element_send '#upload-file' "$work/grüße <b>.bin"
    press '#upload-form button'
    await 'a file goes up' 'grüße <b>.bin is there, 3.0 MB.' element_text '#upload-words'
    await 'it is listed' 'grüße <b>.bin*3.0 MB*' element_text '#upload-list'
    await 'the bar went to its end' 1 page_ask 'return window.steps.at(-1)'
    checks=$((checks + 1))
    cmp -s "$work/grüße <b>.bin" "$work/data/upload/grüße <b>.bin" || fail "the file is not the one that was sent"
    head -c 80000000 /dev/zero > "$work/large"
    element_send '#upload-file' "$work/large"
    press '#upload-form button'
    await 'one that is too large' '*too large*' element_text '#upload-words'
    rm "$work/large"
}

guestbook() {
    await 'an empty book' 'Be the first.' element_text '#guestbook-list'
    element_type '#guestbook-name' 'Zoë <script>'
    element_type '#guestbook-text' $'one\n<img src=x onerror=alert(1)>'
    press '#guestbook-form button'
    await 'thanks' 'Thank you.' element_text '#guestbook-words'
    await 'the entry, as text' $'Zoë <script>*one\n<img src=x*' element_text '#guestbook-list li'
    await 'no markup of it' 0 page_ask 'return document.querySelectorAll("#guestbook img, #guestbook script").length'
    element_type '#guestbook-text' 'second'
    keys_press $'\ue004' $'\ue007'
    await 'the newest is first' '*second' element_text '#guestbook-list li'
    page_ask 'document.getElementById("guestbook-name").required = false' >/dev/null
    element_type '#guestbook-name' ' '
    element_type '#guestbook-text' 'third'
    press '#guestbook-form button'
    await 'what is wrong' '*name*blank*' element_text '#guestbook-words'
}

fractal() {
    await 'the whole set' 'Enlarged 1 times*' element_text '#fractal-words'
    press '[data-zoom="2"]'
    await 'closer' 'Enlarged 2 times*' element_text '#fractal-words'
    press '#fractal-picture'
    await 'closer at a point' 'Enlarged 4 times*' element_text '#fractal-words'
    press '[data-move="1 0"]'
    press '[data-zoom="0.5"]'
    await 'aside and farther' 'Enlarged 2 times*' element_text '#fractal-words'
    press '[data-reset]'
    await 'whole again' 'Enlarged 1 times*' element_text '#fractal-words'
    page_ask 'document.querySelector("[data-move=\"0 -1\"]").focus()' >/dev/null
    keys_press $'\ue007'
    await 'by keys' '*GET /mandelbrot?x=-0.6&y=0.7*' tail -1000 "$work/access"
}

members() {
    press '#members-nobody'
    await 'nobody' '401*' element_text '#members-answer .status'
    press '#members-guest'
    await 'guest' '200*' element_text '#members-answer .status'
    await 'who it is' '*guest*' element_text '#members-answer .body'
}

# Presses the button of that name; what is noted must match, and name an incident that is in the server's log.
troubled() { # NAME STATUS [incident]
    press "#trouble form[action='/trouble/$1'] button"
    await "$1" "$2" page_ask "const all = [...document.querySelectorAll('#trouble-log li')];
        return all.find((item) => item.textContent.toLowerCase().startsWith('$1'))?.querySelector('.status').textContent ?? ''"
    [[ ${3:-} ]] || return 0
    local id
    id=$(page_ask "const all = [...document.querySelectorAll('#trouble-log li')];
        return all.find((item) => item.textContent.toLowerCase().startsWith('$1')).querySelector('code')?.textContent ?? 'none'")
    checks=$((checks + 1))
    grep -q "incident $id: plugin trouble" "$work/log" || fail "$1: the incident $id is not in the log"
}

trouble() {
    page_ask 'document.getElementById("trouble").scrollIntoView()' >/dev/null
    await 'the ticker runs' '[1-9]*' element_text '#ticker-count'
    troubled hang '504*' incident
    troubled spin '504*' incident
    troubled crash '502*' incident
    troubled abort '502*' incident
    troubled half '200 cut'
    await 'what cut means' '*cut amid the answer*' element_text '#trouble-log li'
    await 'nobody else has noticed' 0 element_text '#ticker-failures'
    await 'the tiles count it' 5 element_text '#live-incidents'
    # crash_limit is 5, and three have been. The last but one is one crash more than that.
    for ((i = 6; i <= 9; i++)); do
        press '#trouble form:first-child button'
        ((i > 8)) || await 'more of it' "$i" page_ask 'return document.querySelectorAll("#trouble-log li").length'
    done
    await 'and it is left alone' 'Crash 503*Again in*' page_ask \
        'return document.querySelector("#trouble-log li").textContent'
    await 'still nobody else' 0 element_text '#ticker-failures'
    await 'the tiles tell of it' '*quarantine*' element_text '#live-plugins'
}

demo_start "$socgi" "$plugins" "$www"
browser_start "$work" || exit 1
session_open "$work" on || { echo "no browser"; cat "$work/driver.log"; exit 1; }
demo_open
for part in upload guestbook fractal members trouble; do $part; done
complaints=$(page_complaints | grep -v 'responded with a status of [45]' | grep -v 'ERR_\(INCOMPLETE_CHUNKED_ENCODING\|CONNECTION_\|CONTENT_LENGTH\)')
checks=$((checks + 1))
[[ -z $complaints ]] || fail "the browser complained: $complaints"
session_close

sed -i '/] incident/d' "$work/log" # those that were wanted
server_end
echo "$checks checks, $failures failures"
((failures == 0 && checks > 55))
