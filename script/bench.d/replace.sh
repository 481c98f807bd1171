# Sourced by script/bench: how long a new version of a plugin takes from its renaming into the folder to its first answer.
# shellcheck shell=bash disable=SC2034,SC2154

# A plugin that answers with a number of its own.
version() { # NUMBER FILE
    printf '%s\n' '#include <socgi/plugin.h>' \
        'static int swap(const struct socgi_request *req, struct socgi_response *res) {' \
        '    (void)req;' "    return socgi_printf(res, \"$1\") ? 500 : 200;" '}' 'SOCGI_PLUGIN(.name = "swap", .handle = swap)' \
        > "$folder/swap.c"
    cc -O2 -shared -fPIC -I "$root/include" "$folder/swap.c" -o "$2"
}

replace() { # RUNS
    local at=http://127.0.0.1:$first_port/swap number begun
    mkdir "$folder/plugins"
    version 0 "$folder/plugins/swap.so"
    version 1 "$folder/1"
    version 2 "$folder/2"
    "$root/build/release/socgi" -l "127.0.0.1:$first_port" -w 4 -s access_log=off "$folder/plugins" >"$folder/log" 2>&1 &
    pid[socgi]=$!
    until [[ $(curl -s "$at") == 0 ]]; do sleep 0.1; done
    for ((run = 1; run <= $1; run++)); do
        number=$((1 + run % 2))
        cp "$folder/$number" "$folder/plugins/.new"
        begun=$(date +%s%N)
        mv "$folder/plugins/.new" "$folder/plugins/swap.so"
        until [[ $(curl -s "$at") == "$number" ]]; do :; done
        echo $((($(date +%s%N) - begun) / 1000))
    done | sort -n | awk '{ us[NR] = $1 } END {
        printf "%d replacements, rename to first new answer: median %.0f ms, least %.0f ms, most %.0f ms\n",
            NR, us[int((NR + 1) / 2)] / 1e3, us[1] / 1e3, us[NR] / 1e3 }'
}
