#!/bin/bash
# What a request through Warmlane costs, in CPU time of the proxy process, next to HAProxy on the same machine in the same run.
#
#   ./mvnw -B -q package -DskipTests && src/bench/proxy-cost.sh          three to four minutes; needs haproxy, wrk, curl, java
#   JAVA=/path/to/java JAVA_OPTS=... src/bench/proxy-cost.sh [jar]       another runtime, other flags, another jar
#   AGAINST_POLICY=round-robin src/bench/proxy-cost.sh                   next to a second Warmlane with that policy, not HAProxy
#   AGAINST_POLICY=round-robin BODY_BYTES=16384 SESSIONS=0 src/bench/proxy-cost.sh    prompts of 16 KB without a session
#   AGAINST_JAR=/path/to/other.jar src/bench/proxy-cost.sh               next to another build of Warmlane
#   ARGS=--warmlane.access-log.target=/tmp/access.log AGAINST_ARGS= src/bench/proxy-cost.sh    with settings, next to one with others
#
# Both get a 2 KB chat body and one of a thousand session ids at random over 64 connections, and both spread them over the same four
# stand-ins for vLLM, which respond with 400 bytes after 2 ms. The proxies have one core, load and stand-ins another. The JVM, with its default
# flags, is warmed until it has served WARM_REQUESTS, for a minute at least; then the two are driven in turns, because a shared machine
# drifts and only neighbours compare. On a machine too busy to warm it in 110 seconds the script says so: its figures are then too high.
# A second table does the same for streams of 200-byte events. Everything is on loopback, ports 18001 to 18004, 18080, 18081 and 18090,
# and ends with the script.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

warm_requests=${WARM_REQUESTS:-250000}
warm_seconds_least=60
warm_seconds_most=110
rounds=${ROUNDS:-5}
round_seconds=${ROUND_SECONDS:-5}
event_bytes=206 # an event of 200 bytes and its chunk's frame
require 18001 18002 18003 18004 18080 18081 18090

# warm <port>: drives Warmlane until its hot code is compiled
warm() {
  local seconds=0 total=0 responses _
  while [ $seconds -lt $warm_seconds_least ] || { [ $total -lt "$warm_requests" ] && [ $seconds -lt $warm_seconds_most ]; }; do
    read -r responses _ < <(drive "$1" 10)
    seconds=$((seconds + 10))
    total=$((total + responses))
  done
  echo "warmed by $total requests in ${seconds}s"
  [ $total -ge "$warm_requests" ] || echo "proxy-cost: not warm: $total requests (expected: $warm_requests); is the machine busy?" >&2
}

# cost <pid> <port> [stream]: microseconds of CPU for each response or event, and how many of them a second
cost() {
  local before after responses bytes failures _
  before=$(ticks "$1")
  read -r responses bytes failures _ < <(drive "$2" "$round_seconds" "${@:3}")
  after=$(ticks "$1")
  [ "$failures" = 0 ] || fail "port $2: $failures failed requests (expected: none)"
  [ -z "${3:-}" ] || responses=$((bytes / event_bytes))
  awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v n="$responses" -v s="$round_seconds" \
    'BEGIN { printf "%.1f %d\n", t * 1000000 / hz / n, n / s }'
}

# compare <title> <rounds> [stream]: a line a round, then median, smallest and largest
compare() {
  printf '\n%-22s %14s %10s %8s   %s\n' "$1" "$other" Warmlane ratio "(a second: $other, Warmlane)"
  local h hn w wn
  for _ in $(seq "$2"); do
    read -r h hn < <(cost "$against" 18090 "${@:3}")
    read -r w wn < <(cost "$warmlane" 18080 "${@:3}")
    awk -v h="$h" -v w="$w" -v hn="$hn" -v wn="$wn" 'BEGIN { printf "%-22s %14.1f %10.1f %8.2f   (%d, %d)\n", "", h, w, w / h, hn, wn }'
  done | tee "$work/rounds"
  local column name
  for name in median min max; do
    printf '%-22s' "$name"
    for column in 1 2 3; do
      awk -v c=$column '{ print $c }' "$work/rounds" | sort -n |
        awk -v name=$name -v c=$column '{ v[NR] = $1 }
          END { i = name == "min" ? 1 : name == "max" ? NR : int((NR + 1) / 2); printf c == 3 ? " %8.2f" : c == 1 ? " %14.1f" : " %10.1f", v[i] }'
    done
    echo
  done
}

engines
read -ra args <<<"${ARGS:-}"
if [ -n "${AGAINST_POLICY:-}${AGAINST_JAR:-}${AGAINST_ARGS+other}" ]; then
  other=${AGAINST_POLICY:-against}
  read -ra against_args <<<"${AGAINST_POLICY:+--warmlane.routing.policy=$AGAINST_POLICY} ${AGAINST_ARGS:-}"
  jar=${AGAINST_JAR:-$jar} gateway against 18090 18091 "${against_args[@]}"
else
  other=HAProxy
  start $proxy_core haproxy haproxy -db -f "$here/haproxy.cfg"
  await "$pid" haproxy http://127.0.0.1:18090/v1/models
fi
against=$pid
gateway warmlane 18080 18081 "${args[@]}"
warmlane=$pid

versions
warm 18080
[ "$other" = HAProxy ] || warm 18090
compare "us per request" "$rounds"
drive 18080 15 stream >"$work/warm"
compare "us per streamed event" 3 stream
