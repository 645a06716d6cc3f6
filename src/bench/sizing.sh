#!/bin/bash
# What one gateway carries with the resources that the chart asks for by default: one CPU, a core of its own, and 1 GiB, a memory
# cgroup where one can be made (root, cgroup version 1), else a heap of the same size. See proxy-cost.sh for the rest of the set-up.
#
#   ./mvnw -B -q package -DskipTests && src/bench/sizing.sh          four minutes; needs haproxy, wrk, curl, java
#
# First requests of 2 KB with a response after 50 ms, more and more of them at a time: how much later responses come than from the
# engines themselves. Then streams of 20 events a second, and at last streams that mostly wait, for their memory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

seconds=${SECONDS_EACH:-12}
event_bytes=206 # an event of 200 bytes and its chunk's frame
require 18001 18002 18003 18004 18080 18081

rss() { awk '/VmRSS/ { printf "%d", $2 / 1024 }' "/proc/$1/status"; }

# limited <command...>: runs it in a memory cgroup of 1 GiB
limited() {
  local group=/sys/fs/cgroup/memory/warmlane-sizing
  if mkdir -p "$group" 2>/dev/null && echo 1073741824 >"$group/memory.limit_in_bytes" 2>/dev/null; then
    limit="a memory cgroup of 1 GiB"
    trap 'stop; rmdir '"$group" EXIT
    start $proxy_core warmlane bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
  else
    limit="-Xmx614m"
    start $proxy_core warmlane "$1" -Xmx614m "${@:2}"
  fi
}

# load <port> <connections> [stream]: responses or events a second, failures, p50 and p99 of whole responses in ms, and CPU of the gateway in
# percent of the core and in us for each
load() {
  local before after responses bytes failures p50 p90 p99
  before=$(ticks "$warmlane")
  read -r responses bytes failures p50 p90 p99 < <(CONNECTIONS=$2 drive "$1" "$seconds" "${@:3}")
  after=$(ticks "$warmlane")
  [ -z "${3:-}" ] || responses=$((bytes / event_bytes))
  awk -v a="$responses" -v f="$failures" -v p50="$p50" -v p99="$p99" -v s="$seconds" -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" \
    'BEGIN { printf "%d %d %.1f %.1f %d %d\n", a / s, f, p50 / 1000, p99 / 1000, 100 * t / hz / s, 1000000 * t / hz / a }'
}

# table <what> <connections...>: a row for each number of connections, next to the engines without the gateway
table() {
  local what=$1 mode=() responses failures p50 p99 cpu each direct _
  [ "$what" = requests ] || mode=(stream)
  printf '\n%9s %9s %9s %6s %8s %9s %9s %15s %8s\n' "$what" "a second" failures "CPU %" "us each" "p50 ms" "p99 ms" "engines: p99 ms" "RSS MiB"
  for connections in "${@:2}"; do
    read -r _ _ _ direct _ < <(load 18001 "$connections" "${mode[@]}")
    read -r responses failures p50 p99 cpu each < <(load 18080 "$connections" "${mode[@]}")
    printf '%9d %9d %9d %6d %8d %9s %9s %15s %8d\n' "$connections" "$responses" "$failures" "$cpu" "$each" "$p50" "$p99" "$direct" "$(rss "$warmlane")"
  done
}

export ENGINE_MS=50 WRK_TIMEOUT=60
engines
limited "$java" -XX:ActiveProcessorCount=2 -XX:+UseSerialGC -XX:NewRatio=6 -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20 -XX:-ShrinkHeapInSteps -XX:MaxRAMPercentage=60 -XX:+ExitOnOutOfMemoryError -jar "$jar" serve \
  --server.address=127.0.0.1 --server.port=18080 --management.server.address=127.0.0.1 --management.server.port=18081 \
  --warmlane.endpoints=$endpoints --warmlane.affinity.client-ip.shared-networks=127.0.0.0/8
warmlane=$pid
await "$warmlane" warmlane http://127.0.0.1:18081/actuator/health/readiness
versions
echo "one core, $limit; load average $(cut -d" " -f1 /proc/loadavg), of which this is 2 at most"
read -r warmed _ < <(CONNECTIONS=200 drive 18080 "${WARM_SECONDS:-60}")
echo "warmed by $warmed requests"
[ "$warmed" -ge 150000 ] || echo "sizing: not warm: $warmed requests (expected: 150000); is the machine busy?" >&2
table requests 50 150 250
seconds=$((${SECONDS_EACH:-12} + 10)) # a stream takes ten
EVENTS=200 EVENT_MS=50 table streams 400 800
EVENTS=20 EVENT_MS=500 table streams 3900
