#!/bin/bash
# What a gateway takes in memory while streams are held and other requests come and go, and whether it grows: RSS every minute, with the JVM's
# options of the chart.
#
#   ./mvnw -B -q package -DskipTests && src/bench/memory.sh [jar]     eleven minutes; needs haproxy, wrk, curl, java
#   IMAGE=/app src/bench/memory.sh                                     a directory that build.sh and train.sh of src/image have made
#   MINUTES=3 STREAMS=500 RATE_CONNECTIONS=8 src/bench/memory.sh      shorter, fewer streams, less beside them
#
# STREAMS (2000) connections each have a stream of one event a second all the time, a minute long; RATE_CONNECTIONS (16) send chats of 2 KB
# beside them, some 800 a second. In the chart's container, of 1 GiB, MaxRAMPercentage=60 is 614 MiB, of which the heap starts with 16. Of the
# heap there is what is in use and what the JVM has taken; classes are with the code that is compiled; the rest of RSS is Netty's buffers,
# which on JDK 25 no meter sees, stacks, libraries and the JVM itself.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

minutes=${MINUTES:-10}
streams=${STREAMS:-2000}
require 18001 18002 18003 18004 18080 18081

# mib <series>: the sum of those that begin so
mib() {
  awk -v begin="$1" 'index($0, begin) == 1 { sum += $NF } END { printf "%d", sum / 1048576 }' "$work/metrics"
}

engines
JAVA_OPTS="-XX:ActiveProcessorCount=2 -XX:+UseSerialGC -XX:NewRatio=6 -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20 -XX:-ShrinkHeapInSteps -Xms16m -Xmx614m -XX:+ExitOnOutOfMemoryError ${JAVA_OPTS:-}"
gateway warmlane 18080 18081
warmlane=$pid

seconds=$((minutes * 60 + 30))
EVENTS=60 EVENT_MS=1000 start $load_core streams wrk -t1 -c"$streams" -d${seconds}s --timeout 120s -s "$here/load.lua" \
  http://127.0.0.1:18080/ -- stream
THINK_MS=16 start $load_core chats wrk -t1 -c"${RATE_CONNECTIONS:-16}" -d${seconds}s --timeout 30s -s "$here/load.lua" http://127.0.0.1:18080/

versions
printf '\n%8s %9s %10s %11s %9s %6s %9s %10s\n' minute "RSS MiB" "heap used" "heap taken" classes rest threads "in flight"
for minute in $(seq 0 "$minutes"); do
  [ "$minute" = 0 ] || sleep 60
  curl -sf -o "$work/metrics" http://127.0.0.1:18081/actuator/prometheus
  rss=$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$warmlane/status")
  heap=$(mib 'jvm_memory_committed_bytes{area="heap"')
  classes=$(mib 'jvm_memory_committed_bytes{area="nonheap"')
  printf '%8d %9d %10d %11d %9d %6d %9d %10d\n' "$minute" "$rss" "$(mib 'jvm_memory_used_bytes{area="heap"')" "$heap" "$classes" \
    $((rss - heap - classes)) "$(awk '/^Threads/ { print $2 }' "/proc/$warmlane/status")" \
    "$(awk '/^warmlane_in_flight_requests/ { sum += $NF } END { printf "%d", sum }' "$work/metrics")"
done
