#!/bin/bash
# What an open page of the dashboard costs the gateway, in CPU time of its process, with 200 endpoints and about 1,000 requests a second:
# without a page and with PAGES of them, in turns in the same run.
#
#   ./mvnw -B -q package -DskipTests && src/bench/dashboard-cost.sh [jar]    about four minutes; needs haproxy, wrk, curl, java
#   PAGES=10 ROUNDS=5 ENDPOINTS=50 src/bench/dashboard-cost.sh                other numbers
#
# A page is what the browser asks for: the live numbers every second, and the small charts of all endpoints every 30 s. The endpoints are
# one stand-in for vLLM on many ports, which responds after 2 ms and has the metrics of a real engine. CONNECTIONS sets the rate.
# Everything is on loopback, ports 18101 and up, 18080 and 18081, and ends with the script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

pages=${PAGES:-30} # one alone is lost in the noise
rounds=${ROUNDS:-3}
round_seconds=30 # of which a page asks for its small charts once
last_port=$((18100 + ${ENDPOINTS:-200}))
export CONNECTIONS=${CONNECTIONS:-4}
require 18080 18081 18101 "$last_port"

page() {
  curl -sf -o "$work/page" http://127.0.0.1:18081/dashboard/live &
  curl -sf -o "$work/charts" "http://127.0.0.1:18081/dashboard/history?pool=default&range=1h&endpoints="
  wait
}

# round <pages>: CPU of the gateway in percent of a core, and requests a second
round() {
  local before after responses open=() _
  for _ in $(seq "$1"); do
    page &
    open+=($!)
  done
  before=$(ticks "$gateway")
  read -r responses _ < <(drive 18080 $round_seconds)
  after=$(ticks "$gateway")
  for page in "${open[@]}"; do
    pkill -P "$page" || true
    wait "$page" || true
  done
  awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v n="$responses" -v s=$round_seconds 'BEGIN { printf "%.1f %d\n", 100 * t / hz / s, n / s }'
}

many_engines "$last_port"
gateway gateway 18080 18081
gateway=$pid

drive 18080 60 >"$work/warm"
round "$pages" >"$work/warm"
printf '%14s %14s %16s   %s\n' "without, %" "$pages pages, %" "a page, % of core" "(requests a second)"
for _ in $(seq "$rounds"); do
  read -r without rate < <(round 0)
  read -r with rate_with < <(round "$pages")
  awk -v a="$without" -v b="$with" -v n="$pages" -v r="$rate" -v s="$rate_with" 'BEGIN { printf "%14.1f %14.1f %16.2f   (%d, %d)\n", a, b, (b - a) / n, r, s }'
done
bytes=$(curl -sN -m 5 http://127.0.0.1:18081/dashboard/live | wc -c || true)
echo "live numbers: $((bytes / 1024)) KiB in 5 s"
