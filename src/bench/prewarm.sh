#!/bin/bash
# What filling an empty cache brings over HTTP: simulated servers with the speed of an 8B model on an H100 and caches of 400,000 tokens,
# as busy as they can be with shared-prefix.py, with warmlane.prewarm and without.
#
#   ./mvnw -B -q package -DskipTests && src/bench/prewarm.sh [jar]             one server more, to seven at 14 a second; 17 minutes
#   RESTART=1 RATE=12 src/bench/prewarm.sh [jar]     each of seven in turn is drained, restarted and put back, one every AFTER seconds; 28 minutes
#
# Needs haproxy, wrk, curl, python3. BEFORE (300) seconds before the first change, AFTER (60) from when a server gets requests. RATE (14),
# PODS (7), PREWARM ("true false"). Prints for each server that joined the hit ratio, by prompt tokens, of its first minute; what it
# could be at most, as what one session alone has sent must be computed again where it comes first; the p99 of the seconds to the first
# token of all requests in the minute before the change and in that one; the tokens that servers computed to be warm, all so far; how long
# the change took; requests that failed; and the CPU of the gateway and of the servers, in percent of a core: if those of the servers
# come near to 100, they are slower than they say.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

require 18080 18081
before=${BEFORE:-300}
after=${AFTER:-60}
pods=${PODS:-7}
restart=${RESTART:-}
last=$((18200 + pods + (${restart:-0} ? 0 : 1)))
endpoints=$(for port in $(seq 18201 "$last"); do printf 'http://127.0.0.1:%s,' "$port"; done)
endpoints=${endpoints%,}
seconds=$((before + (after + 30) * (${restart:-0} ? pods : 1)))

# p99 <from> <to>: of the seconds to the first token of requests sent in these seconds
p99() {
  awk -v from="$1" -v to="$2" '$1 >= from && $1 < to && $5 >= 0 { print $5 }' "$work/requests" | sort -n |
    awk '{ t[NR] = $1 } END { printf "%.3f", t[int((NR - 1) * 0.99) + 1] }'
}

# cpu <pid>: seconds that it has used
cpu() {
  awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) / hz }' "/proc/$1/stat"
}

# order <port> <action>: an operator's
order() {
  curl -sf -o "$work/response" -H 'Content-Type: application/json' "http://127.0.0.1:18081/dashboard/endpoint" \
    -d "{\"pool\": \"default\", \"endpoint\": \"http://127.0.0.1:$1\", \"action\": \"$2\"}"
}

# elapsed: whole seconds since the load began
elapsed() {
  echo $(($(date +%s) - begun))
}

computed() {
  curl -s http://127.0.0.1:18081/actuator/prometheus | awk '/^warmlane_prewarm_tokens/ { t += $2 } END { printf "%d", t }'
}

# report <port> <change at> <tokens>: of the first minute of a server after it was changed
report() {
  local joined
  joined=$(awk -v new=":$1" -v change="$2" 'index($2, new) && $1 > change { print $1 }' "$work/requests" | sort -n | sed -n 1p)
  printf '%8s %6s %10s %8s %11s %10s %10s %9s %9s\n' "$prewarm" "$1" \
    $(awk -v new=":$1" -v from="$joined" -v after="$after" 'index($2, new) && $1 >= from && $1 < from + after && $3 > 0 {
        n++; t += $3; c += $4; most += seen[$6]++ ? $3 : $3 * 6000 / 7200
      } END { printf "%.3f %.3f %d", c / t, (most > c ? most : c) / t, n }' "$work/requests") \
    "$(p99 $(($2 - 60)) "$2")" "$(p99 "$joined" $((joined + after)))" "$3" "$((joined - $2))"
}

for prewarm in ${PREWARM:-true false}; do
  servers "servers" 18201 "$pods" 25000
  servers_pid=$pid
  gateway warmlane 18080 18081 --warmlane.prewarm.enabled="$prewarm"
  gateway_pid=$pid
  begun=$(date +%s)
  start $load_core load python3 "$here/shared-prefix.py" "${RATE:-14}" "$seconds" 1 "${OUTPUT:-1000}"
  load_pid=$pid
  sleep "$before"
  changes=()
  servers_cpu=$(cpu "$servers_pid") gateway_cpu=$(cpu "$gateway_pid") since=$(elapsed)
  if [ -n "$restart" ]; then
    for port in $(seq 18201 "$last"); do
      change=$(elapsed)
      order "$port" drain
      for _ in $(seq 60); do
        [[ $(curl -s "http://127.0.0.1:$port/simulator/state") == *'"inFlight":0'* ]] && break
        sleep 0.5
      done
      curl -sf -o "$work/response" -X POST "http://127.0.0.1:$port/simulator/reset"
      sleep 3 # It is scraped once a second.
      order "$port" readmit
      sleep $((change + after + 30 - $(elapsed)))
      changes+=("$port $change $(computed)")
    done
  else
    change=$(elapsed)
    servers "new" "$last" 1 25000
    new_pid=$pid
    sleep $((after + 25))
    changes+=("$last $change $(computed)")
  fi
  took=$(($(elapsed) - since))
  used=$(awk -v s="$servers_cpu" -v g="$gateway_cpu" -v s1="$(cpu "$servers_pid")" -v g1="$(cpu "$gateway_pid")" -v t="$took" \
    'BEGIN { printf "gateway %.0f %%, servers %.0f %%", 100 * (g1 - g) / t, 100 * (s1 - s) / t }')
  wait "$load_pid"
  grep -v failed "$work/load.log" >"$work/requests"
  printf '\n%8s %6s %10s %8s %11s %10s %10s %9s %9s\n' prewarm server 'hit ratio' 'at most' 'its prompts' 'p99 before' 'p99 after' tokens 'joined s'
  for change in "${changes[@]}"; do
    # shellcheck disable=SC2086 # three words
    report $change
  done
  echo "$(awk '$5 < 0' "$work/requests" | wc -l) failures; CPU from the first change on: $used"
  kill "$servers_pid" "$gateway_pid" ${new_pid:+"$new_pid"}
  wait "$servers_pid" "$gateway_pid" ${new_pid:+"$new_pid"} 2>/dev/null || true
  new_pid=
done
