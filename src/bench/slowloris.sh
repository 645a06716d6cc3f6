#!/bin/bash
# What 2,000 connections that never finish a request's head do to everybody else: the latency of healthy requests without them and
# with them, in turns in the same run.
#
#   ./mvnw -B -q package -DskipTests && src/bench/slowloris.sh [jar]     about two minutes; needs haproxy, wrk, curl, java, python3
#   SLOW=5000 ROUNDS=5 src/bench/slowloris.sh                            more of them, more rounds
#
# The healthy load is the chat bodies of proxy-cost.sh over 16 connections, 20 ms after each response the next, against the same
# stand-ins for vLLM. The slow clients are those of slow.py. Everything is on loopback, ports 18001 to 18004, 18080 and 18081, and
# ends with the script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

slow=${SLOW:-2000}
rounds=${ROUNDS:-3}
round_seconds=${ROUND_SECONDS:-8}
export CONNECTIONS=16 THINK_MS=20
require 18001 18002 18003 18004 18080 18081
command -v python3 >"$work/python" || fail "python3: not found (expected: installed)"
ulimit -Sn hard
[ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -gt $((slow + 8192)) ] || fail "$(ulimit -n) open files (expected: over $((slow + 8192)))"

# healthy: the responses of a round, and the p99 of the time to one in microseconds
healthy() {
  local responses failures p99 _
  read -r responses _ failures _ _ p99 < <(drive 18080 "$round_seconds")
  [ "$failures" = 0 ] || fail "$failures failed requests (expected: none)"
  echo "$responses $p99"
}

engines
gateway warmlane 18080 18081
versions
drive 18080 25 >"$work/warm"
printf '%8s %14s %14s %8s   %s\n' round 'p99 us alone' "with $slow slow" ratio '(requests: alone, with)'
for round in $(seq "$rounds"); do
  read -r alone_n alone < <(healthy)
  start $load_core slow python3 "$here/slow.py" "$slow"
  slow_pid=$pid
  sleep 4
  read -r with_n with < <(healthy)
  kill -KILL "$slow_pid"
  wait "$slow_pid" 2>/dev/null || true
  awk -v r="$round" -v a="$alone" -v w="$with" -v an="$alone_n" -v wn="$with_n" \
    'BEGIN { printf "%8d %14d %14d %8.2f   (%d, %d)\n", r, a, w, w / a, an, wn }'
  sleep 2
done
