#!/bin/bash
# What a request costs through Warmlane and through others, in CPU time of the process, in turns in one run on one machine.
#
#   ./mvnw -B -q package -DskipTests && src/bench/compare.sh [jar]       some 35 minutes; needs haproxy, wrk, curl, java, python3 with pip
#   PEERS="haproxy warmlane" src/bench/compare.sh                        only these; of haproxy, envoy, vllm-router, sglang-router, smg, warmlane
#   ROUNDS=7 ROUND_SECONDS=10 JAVA=/path/to/java src/bench/compare.sh    longer, another runtime
#
# All (peers.sh) get the same load (load.lua) and spread it over the same four stand-ins, HAProxy and Envoy by hash of the session, the
# routers by their cache-aware policy. Proxies have one core, load and stand-ins another. The shapes are chat bodies of 2, 16 and 128 KB and streams of 200-byte events, each first at
# a fixed rate, which 64 connections with a pause keep near 1,000 requests a second, and then at full speed. A shape is warmed before it
# is measured; then the proxies are driven one after the other, ROUNDS times. A table has the median of each in microseconds of CPU a
# request or event, its range, and its ratio to the first proxy's, the median over rounds. At the fixed rate it also has what is added to the
# p99 of the time to a response: that through the proxy less that of the stand-ins without one, which are driven in the same round.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"
. "$here/peers.sh"

read -ra peers <<<"${PEERS:-haproxy envoy vllm-router sglang-router smg warmlane}"
rounds=${ROUNDS:-5}
round_seconds=${ROUND_SECONDS:-5}
warm_seconds=${WARM_SECONDS:-30}
think_ms=${THINK_MS:-61}
event_bytes=206 # an event of 200 bytes and its chunk's frame
require 18001 18002 18003 18004 18080 18081 "${port[@]}"

# cost <peer> [stream]: microseconds of CPU for each response or event, and p99 of the time to a response in microseconds
cost() {
  local before after responses bytes failures p99 _
  before=$(ticks "${process[$1]}")
  read -r responses bytes failures _ _ p99 < <(drive "${port[$1]}" "$round_seconds" "${@:2}")
  after=$(ticks "${process[$1]}")
  [ "$failures" = 0 ] || echo "$1: $failures failed requests (expected: none)" >&2
  [ -z "${2:-}" ] || responses=$((bytes / event_bytes))
  awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v n="$responses" -v p99="$p99" \
    'BEGIN { printf "%.1f %d\n", t * 1000000 / hz / n, p99 }'
}

# spread: median, smallest and largest of the numbers that come in
spread() {
  sort -n | awk '{ v[NR] = $1 } END { printf "%8.1f (%.1f to %.1f)", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

# measure <title> [stream]: a line for each proxy
measure() {
  local peer _
  printf '\n%-22s %-26s %-26s %s\n' "$1" "us of CPU" "times ${peers[0]}" "${THINK_MS:+ms added to p99}"
  for peer in "${peers[@]}"; do
    THINK_MS='' drive "${port[$peer]}" "$warm_seconds" "${@:2}" >"$work/warm"
    : >"$work/$peer.us"
  done
  : >"$work/direct.p99"
  for _ in $(seq "$rounds"); do
    for peer in "${peers[@]}"; do cost "$peer" "${@:2}" >>"$work/$peer.us"; done
    [ -z "${THINK_MS:-}" ] || drive 18001 "$round_seconds" "${@:2}" | awk '{ print $6 }' >>"$work/direct.p99"
  done
  for peer in "${peers[@]}"; do
    printf '%-22s %-26s %-26s %s\n' "$peer" "$(spread <"$work/$peer.us")" \
      "$(paste "$work/$peer.us" "$work/${peers[0]}.us" | awk '{ print $1 / $3 }' | spread)" \
      "${THINK_MS:+$(paste "$work/$peer.us" "$work/direct.p99" | awk '{ print ($2 - $3) / 1000 }' | spread)}"
  done
}

engines
for peer in "${peers[@]}"; do run "$peer"; done
versions
uname -sr
if [ -n "${process[warmlane]:-}" ]; then
  # A JVM is slow until it has compiled what is used.
  drive 18080 "${JVM_WARM_SECONDS:-60}" >"$work/warm"
  drive 18080 15 stream >"$work/warm"
fi
for rate in "$think_ms" ''; do
  if [ -n "$rate" ]; then export THINK_MS=$rate; else unset THINK_MS; fi
  at=${rate:+fixed rate}
  for bytes in 2048 16384 131072; do BODY_BYTES=$bytes measure "$((bytes / 1024)) KB, ${at:-full speed}"; done
done
unset THINK_MS
measure "a streamed event" stream
