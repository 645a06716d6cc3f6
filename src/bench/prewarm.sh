#!/bin/bash
# What filling an empty cache brings over HTTP: simulated servers with the speed of an 8B model on an H100 and caches of 400,000 tokens,
# 14 requests a second of shared-prefix.py, one server more in the middle, with warmlane.prewarm and without.
#
#   ./mvnw -B -q package -DskipTests && src/bench/prewarm.sh [jar]     fifteen minutes; needs haproxy, wrk, curl, python3
#
# BEFORE (300) seconds before it comes, AFTER (60) from when it gets requests. RATE (14), PODS (7). Prints the hit ratio of the new server, by
# prompt tokens, in its first minute, the p99 of the seconds to the first token of all requests in the minute before and in that one, and
# the tokens that the new server computed to be warm.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

require 18080 18081
before=${BEFORE:-300}
after=${AFTER:-60}
pods=${PODS:-7}
new=$((18201 + pods))
endpoints=$(for port in $(seq 18201 "$new"); do printf 'http://127.0.0.1:%s,' "$port"; done)
endpoints=${endpoints%,}

# servers <name> <first port> <count>
servers() {
  start $load_core "$1" "$java" -Xmx1g -jar "$jar" simulate --port "$2" --pods "$3" --preset 8b-h100 --kv-blocks 25000
  await "$pid" "$1" "http://127.0.0.1:$2/health"
}

# p99 <from> <to>: of the seconds to the first token of requests sent in these seconds
p99() {
  awk -v from="$1" -v to="$2" '$1 >= from && $1 < to && $5 >= 0 { print $5 }' "$work/requests" | sort -n |
    awk '{ t[NR] = $1 } END { printf "%.3f", t[int((NR - 1) * 0.99) + 1] }'
}

printf '\n%8s %10s %11s %10s %10s %8s %9s %8s\n' prewarm 'hit ratio' 'its prompts' 'p99 before' 'p99 after' tokens 'joined s' failures
for prewarm in ${PREWARM:-true false}; do
  servers "servers" 18201 "$pods"
  servers_pid=$pid
  gateway warmlane 18080 18081 --warmlane.prewarm.enabled="$prewarm"
  gateway_pid=$pid
  start $load_core load python3 "$here/shared-prefix.py" "${RATE:-14}" $((before + after + 60)) 1
  load_pid=$pid
  sleep "$before"
  servers "new" "$new" 1
  new_pid=$pid
  wait "$load_pid"
  grep -v failed "$work/load.log" >"$work/requests"
  joined=$(awk -v new=":$new" 'index($2, new) { print $1 }' "$work/requests" | sort -n | sed -n 1p)
  ratio=$(awk -v new=":$new" -v from="$joined" -v after="$after" 'index($2, new) && $1 < from + after { n++; t += $3; c += $4 } END { printf "%.3f %d", c / t, n }' "$work/requests")
  tokens=$(curl -s http://127.0.0.1:18081/actuator/prometheus | awk '/^warmlane_prewarm_tokens/ { t += $2 } END { printf "%d", t }')
  printf '%8s %10s %11s %10s %10s %8s %9s %8s\n' "$prewarm" $ratio "$(p99 $((before - 60)) "$before")" \
    "$(p99 "$joined" $((joined + after)))" "$tokens" "$((joined - before))" "$(awk '$5 < 0' "$work/requests" | wc -l)"
  kill "$servers_pid" "$new_pid" "$gateway_pid"
  wait "$servers_pid" "$new_pid" "$gateway_pid" 2>/dev/null || true
done
