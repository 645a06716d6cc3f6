#!/bin/bash
# Times to the first token through Warmlane and through others, in turns in one run on one machine.
#
#   ./mvnw -B -q package -DskipTests && src/bench/first-tokens.sh [jar]      some 45 minutes; needs haproxy, wrk, curl, java, python3 with pip
#   PEERS="haproxy warmlane" LOADS="sessions no-header" src/bench/first-tokens.sh     only these (peers.sh, first-tokens.py)
#   ROUNDS=5 ROUND_SECONDS=60 KV_BLOCKS=27652 src/bench/first-tokens.sh               more and longer rounds, larger caches
#
# Four simulated servers with the speed of an 8B model on an H100 and caches of 224,000 tokens, which are emptied before each round of a
# peer. All peers get the same requests in a round, and none gets a prompt twice in two rounds. HAProxy hashes the session header,
# the routers have their cache-aware policy, Warmlane its defaults. A line has the medians over the rounds, and of the mean the range.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"
. "$here/peers.sh"

read -ra peers <<<"${PEERS:-haproxy vllm-router sglang-router smg warmlane}"
read -ra loads <<<"${LOADS:-shared-prefix small-tails sessions no-header}"
rounds=${ROUNDS:-3}
round_seconds=${ROUND_SECONDS:-40}
require 18001 18002 18003 18004 18080 18081 "${port[@]}"

# column <number> <file>: the median, the smallest and the largest
column() {
  awk -v n="$1" '{ print $n }' "$2" | sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[1], v[NR] }'
}

# empty: the servers' caches
empty() {
  local port
  for port in 18001 18002 18003 18004; do curl -sf -o "$work/response" -X POST "http://127.0.0.1:$port/simulator/reset"; done
}

servers servers 18001 4 "${KV_BLOCKS:-14000}"
for peer in "${peers[@]}"; do run "$peer"; done
versions
uname -sr
for load in "${loads[@]}"; do
  # A JVM is slow until it has compiled what is used, and the servers are one, too.
  [ -z "${process[warmlane]:-}" ] || python3 "$here/first-tokens.py" 18080 "$load" 20 warm >"$work/warm"
  for round in $(seq "$rounds"); do
    for peer in "${peers[@]}"; do
      empty
      python3 "$here/first-tokens.py" "${port[$peer]}" "$load" "$round_seconds" "$round" >>"$work/$load.$peer"
    done
  done
  printf '\n%-16s %9s %8s %22s %8s %8s %8s %6s\n' "$load" requests failed "mean ms" p50 p90 p99 hits
  for peer in "${peers[@]}"; do
    results=$work/$load.$peer
    read -r mean least most < <(column 3 "$results")
    printf '%-16s %9d %8d %22s' "$peer" "$(awk '{ n += $1 } END { print n }' "$results")" "$(awk '{ n += $2 } END { print n }' "$results")" \
      "$mean ($least to $most)"
    for number in 4 5 6; do printf ' %8s' "$(column $number "$results" | cut -d' ' -f1)"; done
    printf ' %6s\n' "$(column 7 "$results" | cut -d' ' -f1)"
  done
done
