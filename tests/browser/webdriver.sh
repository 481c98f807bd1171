# A small WebDriver client (W3C WebDriver, Level 2) for one headless Chromium: real clicks and keys. Sourced.
#
# browser_start FOLDER first; browser_end ends all that it started. Everything else works on the open page, and returns
# non-zero with the driver's message on stderr when that fails. An element is named by a CSS selector.
# shellcheck shell=bash

# driver METHOD PATH [JSON]: the answer's value, as JSON.
driver() {
    local answer
    answer=$(curl --noproxy '*' -s --max-time 60 -X "$1" -H 'Content-Type: application/json' ${3:+--data-binary "$3"} \
        "http://127.0.0.1:$driver_port$2") || { echo "driver: no answer to $1 $2" >&2; return 1; }
    if jq -e '.value | type == "object" and has("error")' >/dev/null <<< "$answer"; then
        jq -r '"driver: " + .value.error + ": " + (.value.message | split("\n")[0])' <<< "$answer" >&2
        return 1
    fi
    jq -c .value <<< "$answer"
}

browser_start() { # FOLDER
    # In a process group of its own, so that the end reaches Chromium's many processes too.
    set -m
    HOME=$1 XDG_CONFIG_HOME=$1 XDG_CACHE_HOME=$1 chromedriver --port=0 >"$1/driver.log" 2>&1 </dev/null &
    driver_pid=$!
    set +m
    driver_port=
    for ((tries = 1800; tries > 0; tries--)); do
        driver_port=$(sed -n 's/.*started successfully on port \([0-9]*\).*/\1/p' "$1/driver.log")
        [[ $driver_port ]] && return 0
        kill -0 "$driver_pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "chromedriver did not start:" >&2
    cat "$1/driver.log" >&2
    return 1
}

# Opens a window; `scripts` is "on", or "off" for a browser without JavaScript. Nothing but this machine is reachable.
session_open() { # FOLDER SCRIPTS
    local wanted
    wanted=$(jq -n --arg folder "$1/profile-$2" --arg scripts "$2" '{capabilities: {alwaysMatch: {"goog:chromeOptions": {
        args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--window-size=1100,900", "--lang=en",
            "--user-data-dir=" + $folder],
        prefs: (if $scripts == "off" then {"profile.managed_default_content_settings.javascript": 2} else {} end)},
        "goog:loggingPrefs": {browser: "WARNING"}}}}')
    session=$(driver POST /session "$wanted" | jq -r '.sessionId // empty')
    [[ $session ]]
}

session_close() {
    [[ ${session:-} ]] || return 0
    driver DELETE "/session/$session" >/dev/null
    session=
}

browser_end() {
    [[ ${driver_pid:-} ]] || return 0
    session_close 2>/dev/null || true
    kill -- "-$driver_pid" 2>/dev/null || true
    wait "$driver_pid" 2>/dev/null || true
    kill -KILL -- "-$driver_pid" 2>/dev/null || true
    driver_pid=
}

page_open() { # URL
    driver POST "/session/$session/url" "$(jq -n --arg url "$1" '{url: $url}')" >/dev/null
}

element_find() { # SELECTOR
    driver POST "/session/$session/element" "$(jq -n --arg css "$1" '{using: "css selector", value: $css}')" | jq -r '.[]'
}

# Scrolls there and presses the mouse; fails if something else lies on top.
element_click() { # SELECTOR
    local id
    id=$(element_find "$1") && [[ $id ]] && driver POST "/session/$session/element/$id/click" '{}' >/dev/null
}

# Replaces what a field holds by keys, as a person would type them.
element_type() { # SELECTOR TEXT
    local id
    id=$(element_find "$1") && [[ $id ]] && driver POST "/session/$session/element/$id/clear" '{}' >/dev/null &&
        driver POST "/session/$session/element/$id/value" "$(jq -n --arg text "$2" '{text: $text}')" >/dev/null
}

# Keys to whatever has the focus.
keys_press() { # KEY...
    driver POST "/session/$session/actions" "$(jq -n '{actions: [{type: "key", id: "keys",
        actions: [$ARGS.positional[] | {type: "keyDown", value: .}, {type: "keyUp", value: .}]}]}' --args "$@")" >/dev/null
}

element_text() { # SELECTOR
    local id
    id=$(element_find "$1") && [[ $id ]] && driver GET "/session/$session/element/$id/text" | jq -r .
}

# What a script returns.
page_ask() { # SCRIPT
    driver POST "/session/$session/execute/sync" "$(jq -n --arg script "$1" '{script: $script, args: []}')" | jq -r .
}

page_address() {
    driver GET "/session/$session/url" | jq -r .
}

# What the browser complained of on its console since last asked.
page_complaints() {
    driver POST "/session/$session/se/log" '{"type": "browser"}' | jq -r '.[].message'
}

# A command of Chromium's own (Chrome DevTools Protocol).
chromium_do() { # COMMAND JSON
    driver POST "/session/$session/goog/cdp/execute" "$(jq -n --arg command "$1" --argjson params "$2" '{cmd: $command, params: $params}')"
}

# Shows pages as on a screen of that width, in that colour scheme ("light" or "dark"), moving or still ("reduce").
screen_set() { # WIDTH HEIGHT SCHEME [MOTION]
    local screen media
    screen=$(jq -n --argjson width "$1" --argjson height "$2" '$ARGS.named + {deviceScaleFactor: 1, mobile: ($width < 600)}')
    media=$(jq -n --arg scheme "$3" --arg motion "${4:-no-preference}" '{features: [
        {name: "prefers-color-scheme", value: $scheme}, {name: "prefers-reduced-motion", value: $motion}]}')
    chromium_do Emulation.setDeviceMetricsOverride "$screen" >/dev/null && chromium_do Emulation.setEmulatedMedia "$media" >/dev/null
}

# A picture of the whole page.
page_picture() { # FILE
    chromium_do Page.captureScreenshot '{"format": "png", "captureBeyondViewport": true}' | jq -r .data | base64 -d > "$1"
}

# What a person does to a field for files.
element_send() { # SELECTOR TEXT
    local id
    id=$(element_find "$1") && [[ $id ]] && driver POST "/session/$session/element/$id/value" "$(jq -n --arg text "$2" '{text: $text}')" >/dev/null
}
