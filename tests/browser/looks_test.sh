#!/usr/bin/env bash
# How the demo page looks: on a desktop and on a phone, in light and in dark, at rest and full of answers. Nothing is
# wider than the screen, and axe-core finds nothing wrong. Pictures are left in PICTURES.
#     looks_test.sh SOCGI PLUGIN-FOLDER WWW PICTURES
set -uo pipefail
socgi=$1 plugins=$2 www=$3 pictures=$4
# shellcheck source=checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
# shellcheck source=demo.sh
. "$(dirname "${BASH_SOURCE[0]}")/demo.sh"
# shellcheck source=axe.sh
. "$(dirname "${BASH_SOURCE[0]}")/axe.sh"

looks() { # WHAT WIDTH
    await "$1: the screen" "$2" page_ask 'return document.documentElement.clientWidth'
    await "$1: nothing is wider" '' page_ask 'const width = document.documentElement.clientWidth;
        const scrolls = (e) => e && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
        const wide = [...document.querySelectorAll("main *, header *, footer *")].filter((e) => !e.matches(".skip, .unseen") &&
            !scrolls(e.parentElement) && e.getBoundingClientRect().right > width + 0.5);
        return [document.documentElement.scrollWidth > width ? "the page" : "",
            ...wide.map((e) => `${e.tagName}#${e.id}.${e.className}`)].join(" ").trim()'
    await "$1: every field is labelled" 0 page_ask 'return [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
        .filter((field) => !field.labels.length).length'
    checks=$((checks + 1))
    local found
    found=$(axe_run "$work") || found="axe could not run"
    [[ -z $found ]] || fail "$1: $found"
    page_picture "$pictures/page-${1// /-}.png"
}

# An answer in every section that shows one.
fill() {
    press '#hello-form button'
    press '#calc-expression-form button'
    await 'a result' '*exact' element_text '#calc-answer'
    press '#calc-operation-form button'
    press '#echo-form > button'
    press '#echo .more summary'
    element_type '#guestbook-name' 'Zoë'
    element_type '#guestbook-text' "$(printf 'A long word: %090d' 7)"
    press '#guestbook-form button'
    element_send '#upload-file' "$www/icon.svg"
    press '#upload-form button'
    press '#members-guest'
    press '#trouble form:first-child button'
    await 'a history' true page_ask 'return document.querySelectorAll("#calc-history li").length > 0'
    await 'an echo' 200* element_text '#echo .answer:last-child .status'
    await 'an entry' 'Thank you.' element_text '#guestbook-words'
    await 'an upload' '*is there*' element_text '#upload-words'
    await 'a member' '200*' element_text '#members-answer .status'
    await 'trouble' '502*' element_text '#trouble-log .status'
}

# Every control is reached by the Tab key, in order, and shows that it has the focus.
keyboard() {
    page_ask 'document.activeElement.blur(); window.scrollTo(0, 0); window.reached = [];
        document.addEventListener("focusin", (event) => window.reached.push(event.target))' >/dev/null
    local tabs=()
    for ((i = 0; i < 120; i++)); do tabs+=($'\ue004'); done
    keys_press "${tabs[@]}"
    await 'the Tab key reaches everything' '' page_ask 'return [...document.querySelectorAll("a, button, input, select, textarea, summary, video")]
        .filter((e) => e.checkVisibility() && e.type !== "hidden" && !window.reached.includes(e)).map((e) => e.outerHTML.slice(0, 60)).join(" ")'
    page_ask 'document.getElementById("calc-expression").focus()' >/dev/null
    keys_press $'\ue004'
    await 'the focus is seen' 'solid 3px' page_ask 'const s = getComputedStyle(document.activeElement); return `${s.outlineStyle} ${s.outlineWidth}`'
}

mkdir -p "$pictures"
axe_fetch "$pictures" || exit 1
demo_start "$socgi" "$plugins" "$www"
browser_start "$work" || exit 1
session_open "$work" on || { echo "no browser"; cat "$work/driver.log"; exit 1; }
for screen in 'desktop 1280 900' 'phone 360 740'; do
    read -r name width height <<< "$screen"
    for scheme in light dark; do
        screen_set "$width" "$height" "$scheme"
        demo_open
        await "$name: its scheme" "$scheme" page_ask \
            'return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"'
        shown=$(page_ask 'return document.documentElement.clientWidth')
        ((shown <= width && shown > width - 20)) || fail "$name: the screen is $shown wide"
        looks "$name $scheme" "$shown"
        fill
        looks "$name $scheme full" "$shown"
    done
done
keyboard
session_close
sed -i '/] incident/d' "$work/log" # those that were wanted
server_end
echo "$checks checks, $failures failures"
((failures == 0 && checks > 100))
