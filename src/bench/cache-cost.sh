#!/bin/bash
# What a request costs more, in CPU time of the gateway, where its blocks tell of other sizes of caches (warmlane.cache.watch, on by
# default) and where beginnings of prompts are kept to fill empty caches (warmlane.prewarm.enabled, off by default).
#
#   ./mvnw -B -q package -DskipTests && src/bench/cache-cost.sh [jar]     five minutes; needs haproxy, wrk, curl, java
#   BODY_BYTES=16384 src/bench/cache-cost.sh                              prompts of 16 KB instead of 2 KB
#
# Three gateways in front of the stand-ins of proxy-cost.sh: one that does neither, one with the first, one with both. They get chats of a
# thousand sessions, half of each one of 50 system messages (SYSTEMS), over 64 connections. Once warm they are driven in turns, ROUNDS
# (15) of ROUND_SECONDS (4); each ratio is between neighbours of a round. Prints a line for each round, then the medians, with the middle
# half of the ratios.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

export SYSTEMS=${SYSTEMS:-50}
rounds=${ROUNDS:-15}
round_seconds=${ROUND_SECONDS:-4}
warm_seconds=${WARM_SECONDS:-40}
require 18001 18002 18003 18004 18060 18061 18070 18071 18080 18081

# cost <pid> <port>: microseconds of CPU for each response
cost() {
  local before after responses failures _
  before=$(ticks "$1")
  read -r responses _ failures _ < <(drive "$2" "$round_seconds")
  after=$(ticks "$1")
  [ "$failures" = 0 ] || fail "port $2: $failures failed requests (expected: none)"
  awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v n="$responses" 'BEGIN { printf "%.2f\n", t * 1000000 / hz / n }'
}

# quantile <column> <part>
quantile() {
  awk -v c="$1" '{ print $c }' "$work/rounds" | sort -n | awk -v p="$2" '{ v[NR] = $1 } END { print v[int((NR - 1) * p + 1.5)] }'
}

engines
gateway neither 18060 18061 --warmlane.cache.watch=off
neither=$pid
gateway curve 18070 18071
curve=$pid
gateway both 18080 18081 --warmlane.prewarm.enabled=true
both=$pid
for port in 18060 18070 18080; do drive "$port" "$warm_seconds" >"$work/warm"; done

versions
printf '\n%-18s %9s %9s %9s %12s %14s\n' "us per request" neither curve both "curve ratio" "prewarm ratio"
for _ in $(seq "$rounds"); do
  n=$(cost "$neither" 18060)
  c=$(cost "$curve" 18070)
  b=$(cost "$both" 18080)
  awk -v n="$n" -v c="$c" -v b="$b" 'BEGIN { printf "%18s %9.1f %9.1f %9.1f %12.3f %14.3f\n", "", n, c, b, c / n, b / c }'
done | tee "$work/rounds"
for part in 0.5 0.25 0.75; do
  printf '%-18s %9s %9s %9s %12s %14s\n' "$part of all" $(for column in 1 2 3 4 5; do quantile $column $part; done)
done
