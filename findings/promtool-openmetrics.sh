#!/usr/bin/env bash
# Guess: "promtool check metrics" takes whatever Prometheus itself scrapes, so OpenMetrics, too.
# So it is: promtool 2.42 reads the text format 0.0.4 alone. Of OpenMetrics in which every counter has its help and type it
# says "no help text" (status 3), for there the family is called "x" and its sample "x_total", and it joins the two by
# name; it takes "# EOF" for a comment. Prometheus asks for OpenMetrics first and scrapes the same bytes whole.
# Why it matters: who checks his exposition by promtool must ask his server for text/plain;version=0.0.4, and a server
# that knows OpenMetrics alone cannot be checked so.
set -euo pipefail
version=2.42.0+ds
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
tool=$(command -v promtool || true)
if [[ -z $tool ]] || [[ $("$tool" --version 2>&1) != *"$version"* ]]; then
    apt-get download prometheus > /dev/null
    dpkg -x prometheus_*.deb package
    tool=$work/package/usr/bin/promtool
fi
[[ $("$tool" --version 2>&1) == *"$version"* ]] || { echo "another version: $("$tool" --version 2>&1 | head -1)"; exit 1; }
"$tool" --version 2>&1 | head -1

cat > text <<'END'
# HELP demo_requests_total Requests that were answered.
# TYPE demo_requests_total counter
demo_requests_total 3
END
cat > open <<'END'
# HELP demo_requests Requests that were answered.
# TYPE demo_requests counter
demo_requests_total 3
# EOF
END
check() { "$tool" check metrics < "$1" 2>&1 && echo "status 0" || echo "status $?"; }
for form in text open; do
    printf '%s: %s\n' "$form" "$(check "$form" | tr '\n' ' ')"
done
[[ $(check text) == 'status 0' && $(check open) == $'demo_requests_total no help text\nstatus 3' ]] ||
    { echo "it behaves otherwise now"; exit 1; }
