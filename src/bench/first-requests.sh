#!/bin/bash
# How long the first thousand requests after readiness take, next to those five minutes later: one core, 16 connections, some 900 chats of 2 KB
# a second, as a replica gets them in a rolling update.
#
#   ./mvnw -B -q package -DskipTests && JAVA=/path/to/25/bin/java src/bench/first-requests.sh [jar]     twenty minutes; needs haproxy, wrk, curl
#   IMAGE=/app WARM_UPS=10s ROUNDS=1 STEADY=60 src/bench/first-requests.sh      a directory that build.sh and train.sh of src/image have made
#
# ROUNDS (2) times for each of WARM_UPS (0s and 10s, the default of warmlane.warm-up). Between the two it gets STEADY (300) seconds of such
# requests. The later figures are medians of five seconds, one second each. classes is how many the first second made the JVM load.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

require 18001 18002 18003 18004 18080 18081
export CONNECTIONS=16 THINK_MS=16
JAVA_OPTS="${JAVA_OPTS:-} -Xlog:class+load:file=$work/classes:none"

# second: what a second of requests took: p50 and p99 in ms, and failures
second() {
  local failures p50 p99
  read -r _ _ failures p50 _ p99 < <(drive 18080 1)
  awk -v a="$p50" -v b="$p99" -v f="$failures" 'BEGIN { printf "%.1f %.1f %d\n", a / 1000, b / 1000, f }'
}

# median <column>: of the lines on the standard input
median() {
  awk -v c="$1" '{ print $c }' | sort -n | sed -n 3p
}

versions
engines
printf '\n%8s %9s %10s %10s %8s %10s %10s %9s\n' warm-up "ready ms" "first p50" "first p99" classes "later p50" "later p99" failures
for _ in $(seq "${ROUNDS:-2}"); do
  for warm_up in ${WARM_UPS:-0s 10s}; do
    begun=${EPOCHREALTIME//[.,]/}
    gateway warmlane 18080 18081 --warmlane.warm-up="$warm_up"
    ready=$(((${EPOCHREALTIME//[.,]/} - begun) / 1000))
    loaded=$(wc -l <"$work/classes")
    read -r first50 first99 failures < <(second)
    loaded=$(($(wc -l <"$work/classes") - loaded))
    drive 18080 "${STEADY:-300}" >"$work/steady"
    for _ in 1 2 3 4 5; do second; done >"$work/later"
    printf '%8s %9d %10s %10s %8d %10s %10s %9d\n' "$warm_up" "$ready" "$first50" "$first99" "$loaded" "$(median 1 <"$work/later")" "$(median 2 <"$work/later")" "$failures"
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
  done
done
