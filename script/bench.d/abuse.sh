# Sourced by script/bench: p99 of hello, and how much memory, without and with clients that take their time.
# shellcheck shell=bash disable=SC2154

abuse_server_start() { # PEER PORT
    mkdir "$folder/$1"
    "$root/script/bench.d/peer.sh" "$1" prepare "$folder/$1" "$2"
    # In a session of its own, for Apache ends with its whole process group.
    setsid "$root/script/bench.d/peer.sh" "$1" serve "$folder/$1" "$2" >"$folder/$1/log" 2>&1 </dev/null &
    pid[$1]=$!
    for ((tries = 100; ; tries--)); do
        [[ $(curl -fs "http://127.0.0.1:$2/hello" 2>/dev/null) != 'Hello, world!' ]] || return 0
        if ((tries == 0)) || ! kill -0 "${pid[$1]}" 2>/dev/null; then
            echo "$0: $1 did not start:" >&2
            cat "$folder/$1/log" >&2
            return 1
        fi
        sleep 0.1
    done
}

# p99 of hello on 8 connections, in ms.
abuse_measure() { # PORT SECONDS
    wrk -t 1 -c 8 -d "$2" --latency -s "$root/script/bench.d/report.lua" "http://127.0.0.1:$1/hello" -- 0 0 |
        awk '/^result / { requests = $2; failed = $8; p99 = $6 } END {
            if (failed > 0 || requests == 0) { print requests + 0, "requests,", failed + 0, "of them failed" > "/dev/stderr"; exit 1 }
            print p99 / 1e3
        }'
}

# Proportional memory of a process and all below it, in MB.
abuse_memory() { # PID
    local of=("$1") sum=0 at=0
    while ((at < ${#of[@]})); do
        # shellcheck disable=SC2207
        of+=($(pgrep -P "${of[at]}" || true))
        sum=$((sum + $(awk '/^Pss:/ { print $2 }' "/proc/${of[at]}/smaps_rollup" 2>/dev/null || echo 0)))
        at=$((at + 1))
    done
    awk -v kb="$sum" 'BEGIN { printf "%.1f", kb / 1024 }'
}

abuse() { # SECONDS PEER...
    local seconds=$1 peer port=$first_port alone among before during
    export work=abuse content=$folder/content
    shift
    mkdir "$content"
    printf 'Hello, world!\n' > "$content/hello"
    head -c 20000000 /dev/urandom > "$content/large.bin"
    chmod -R a+rX "$folder"
    printf '\n2,000 clients send a header byte a second, 500 a body byte a second, 500 read 20 MB at 1 KB/s; hello on 8 connections\n\n'
    printf '%-8s %12s %12s %8s %12s %12s\n' peer 'p99 alone' 'p99 among' ratio 'MB alone' 'MB among'
    for peer in "$@"; do
        port=$((port + 1))
        abuse_server_start "$peer" "$port"
        abuse_measure "$port" 1 >/dev/null
        before=$(abuse_memory "${pid[$peer]}")
        alone=$(abuse_measure "$port" "$seconds")
        "$build/tests/bench/bench_abuse" "$port" 2000 500 500 /large.bin > "$folder/abuse" &
        pid[abuser]=$!
        for ((tries = 300; tries > 0; tries--)); do
            grep -q connected "$folder/abuse" && break
            sleep 0.1
        done
        grep -q connected "$folder/abuse" || echo "$peer: not all of them could even connect in 30 s" >&2
        sleep 3 # they are in the midst of it
        among=$(abuse_measure "$port" "$seconds") || among=failed
        during=$(abuse_memory "${pid[$peer]}")
        kill "${pid[abuser]}" "${pid[$peer]}" || true
        wait "${pid[abuser]}" "${pid[$peer]}" || true
        unset 'pid[abuser]' "pid[$peer]"
        awk -v peer="$peer" -v alone="$alone" -v among="${among:-failed}" -v before="$before" -v during="$during" 'BEGIN {
            printf "%-8s %9.2f ms %12s %8s %12s %12s\n", peer, alone,
                among == "failed" ? among : sprintf("%.2f ms", among), among == "failed" ? "-" : sprintf("%.1f", among / alone), before, during }'
    done
}
