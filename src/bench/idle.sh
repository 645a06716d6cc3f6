#!/bin/bash
# What a gateway takes that nobody asks anything: CPU time of its process in percent of a core, with 100 endpoints at the default intervals.
#
#   ./mvnw -B -q package -DskipTests && src/bench/idle.sh [jar]      six minutes; needs haproxy, wrk, curl, java
#   AGAINST_JAR=/path/to/other.jar src/bench/idle.sh                  next to another build in the same minutes
#   ENDPOINTS=300 ROUNDS=10 REST_SECONDS=300 src/bench/idle.sh        other numbers
#
# The endpoints are one stand-in for vLLM on many ports, with the metrics of a real engine. After REST_SECONDS each round is one minute. The
# second column leaves out the JIT compiler's threads, which have less and less to do.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

rounds=${ROUNDS:-3}
rest_seconds=${REST_SECONDS:-180}
round_seconds=60
last_port=$((18100 + ${ENDPOINTS:-100}))
require 18080 18081 18090 18091 18101 "$last_port"

# ticks <pid>: CPU time of the process and of its compiler threads
ticks() {
  awk '{ compiler = /\((C1|C2) CompilerThre/; sub(/.*\) /, ""); all += $12 + $13; if (compiler) jit += $12 + $13 } END { print all, jit + 0 }' \
    "/proc/$1"/task/*/stat
}

many_engines "$last_port"
gateway warmlane 18080 18081
gateways=("$pid")
if [ -n "${AGAINST_JAR:-}" ]; then
  jar=$AGAINST_JAR gateway against 18090 18091
  gateways+=("$pid")
fi

sleep "$rest_seconds"
versions
printf '%20s %20s\n' "% of a core" "without compilers" ${AGAINST_JAR:+"against" "without compilers"}
for _ in $(seq "$rounds"); do
  for pid in "${gateways[@]}"; do ticks "$pid"; done >"$work/before"
  sleep $round_seconds
  for pid in "${gateways[@]}"; do ticks "$pid"; done >"$work/after"
  paste "$work/before" "$work/after" | awk -v hz="$(getconf CLK_TCK)" -v s=$round_seconds \
    '{ printf "%20.2f %20.2f", ($3 - $1) * 100 / hz / s, ($3 - $4 - $1 + $2) * 100 / hz / s } END { print "" }'
done
