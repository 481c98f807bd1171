# Sourced by script/bench: one client on one connection, alone and beside three that upload in chunks of one byte.
# shellcheck shell=bash disable=SC2034,SC2154

beside() { # SECONDS
    mkdir "$folder/plugins"
    cp "$build"/plugins/{hello,echo}.so "$folder/plugins"
    "$build/socgi" -l "127.0.0.1:$first_port" -w "$workers" -s access_log=off -s admin=off -s log_level=error \
        "$folder/plugins" >"$folder/log" 2>&1 &
    pid[socgi]=$!
    until [[ $(curl -s "http://127.0.0.1:$first_port/hello") == 'Hello, world!' ]]; do sleep 0.1; done
    "$build/tests/bench/bench_beside" "$first_port" "$1" 3 /hello /echo
}
