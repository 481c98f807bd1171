#!/usr/bin/env bash
# The metrics before Debian's Prometheus: both forms pass promtool or are scraped whole, the rules pass their tests.
# Outside CI, for the package is large. It is taken from apt into a folder of its own, unless it is installed.
#     tests/real/prometheus.sh [BUILD-FOLDER]
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "${1:-$root/build/release}" && pwd)
work=$(mktemp -d)
server='' prometheus=''
finish() {
    [[ -z $prometheus ]] || { kill "$prometheus" && wait "$prometheus"; } || true
    [[ -z $server ]] || { kill "$server" && wait "$server"; } || true
    rm -rf "$work"
}
trap finish EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
cd "$work"

path=$PATH
if ! command -v prometheus promtool > /dev/null; then
    apt-get download prometheus > /dev/null
    dpkg -x prometheus_*.deb package
    path=$work/package/usr/bin:$PATH
fi
PATH=$path prometheus --version 2>&1 | head -1

await() { # SECONDS COMMAND...
    local end=$((SECONDS + $1))
    shift
    until "$@" > /dev/null 2>&1; do
        ((SECONDS < end)) || fail "not within time: $*"
        sleep 0.2
    done
}

echo '== the rules'
cp "$root"/deploy/prometheus*.yml "$root/tests/real/prometheus_rules_test.yml" .
PATH=$path promtool check config prometheus.yml
PATH=$path promtool test rules prometheus_rules_test.yml

echo '== the text'
mkdir run plugins
cp "$build/plugins/hello.so" plugins/
RUNTIME_DIRECTORY=$work/run ASAN_OPTIONS=detect_leaks=0 "$build/socgi" -l 127.0.0.1:0 -s admin=127.0.0.1:0 -s log_level=info -w 2 plugins 2> log &
server=$!
await 60 grep -q 'ready: ' log
port=$(sed -n 's/.*listening on 127.0.0.1:\([0-9]*\).*/\1/p' log | head -1)
admin=$(sed -n 's/.*the view inside is at 127.0.0.1:\([0-9]*\).*/\1/p' log | head -1)
for _ in $(seq 20); do curl -sf "http://127.0.0.1:$port/hello" > /dev/null; done
curl -s "http://127.0.0.1:$port/nothing" > /dev/null
curl -sf "http://127.0.0.1:$admin/metrics" > text
curl -sf -H 'Accept: application/openmetrics-text' "http://127.0.0.1:$admin/metrics" > open
PATH=$path promtool check metrics < text || fail 'promtool faults the text'
samples=$(grep -vc '^#' text)
[[ $samples == "$(grep -vc '^#' open)" ]] || fail 'the two forms differ'

scrape() { # NAME ACCEPTED-TYPE: Prometheus itself asks for OpenMetrics first; a proxy of ours that asks for text stands in between
    local name=$1 target=$2
    cat > "$name.yml" <<END
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: socgi
    static_configs: [{targets: ["$target"]}]
END
    PATH=$path prometheus --config.file="$name.yml" --storage.tsdb.path="$name.data" --web.listen-address=127.0.0.1:"$web" 2> "$name.log" &
    prometheus=$!
    ask() { curl -sf --get "http://127.0.0.1:$web/api/v1/query" --data-urlencode "query=$1" | sed -n 's/.*"value":\[[^,]*,"\([^"]*\)".*/\1/p'; }
    up() { [[ $(ask 'up{job="socgi"}') == 1 ]]; }
    await 60 up
    [[ $(ask 'scrape_samples_scraped{job="socgi"}') == "$samples" ]] || fail "$name: $(ask 'scrape_samples_scraped{job="socgi"}') of $samples samples"
    [[ $(ask 'socgi_plugin_requests_total{plugin="hello",class="2xx"}') == 20 ]] || fail "$name: a wrong number"
    local without
    without=$(curl -sf "http://127.0.0.1:$web/api/v1/targets/metadata" | grep -o '"metric":"[^"]*","type":"[^"]*","help":"[^"]*"' | grep -c '"help":""' || true)
    ((without == 0)) || fail "$name: $without names have no help"
    echo "$name: $samples samples, $(curl -sf "http://127.0.0.1:$web/api/v1/targets/metadata" | grep -o '"metric":' | wc -l) families with help"
    kill "$prometheus" && wait "$prometheus" || true
    prometheus=''
}
web=$((20000 + RANDOM % 10000))
echo '== scraped by Prometheus'
scrape open "127.0.0.1:$admin"

# The same as text: a file server that knows no Accept gives what the server gave for it.
mkdir -p www && cp text www/metrics
python3 - "$work/www" > python.log 2>&1 <<'END' &
import http.server, sys, os
os.chdir(sys.argv[1])
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = open('metrics', 'rb').read()
        self.send_response(200)
        self.send_header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
s = http.server.HTTPServer(('127.0.0.1', 0), H)
print(s.server_address[1], flush=True)
s.serve_forever()
END
helper=$!
trap 'kill "$helper"; finish' EXIT
await 20 grep -q '^[0-9]' python.log
scrape text "127.0.0.1:$(head -1 python.log)"
echo 'all of it passed'
