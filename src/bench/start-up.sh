#!/bin/bash
# How long the gateway takes from the start of its process until it is ready: the plain jar, the jar laid out as in the image, and
# that with the AOT cache, in turns in the same run.
#
#   ./mvnw -B -q package -DskipTests && JAVA_HOME=/path/to/25 src/bench/start-up.sh [jar]     two to three minutes
#   IMAGE=/app src/bench/start-up.sh                     a directory that build.sh and train.sh of src/image have made, as it is
#   ROUNDS=11 CORES=0 src/bench/start-up.sh              more rounds; on core 0 alone
#
# The gateway has four endpoints and its default settings, but for the warm-up, which comes on top: first-requests.sh measures it. Ready is the
# first 200 of its readiness probe, asked for every 10 ms; CPU and resident memory are those of the process then. The first round, in
# which files come from the disk, does not count. Six ports of loopback from PORT (18080) on.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-$here/../../target/warmlane.jar}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
rounds=${ROUNDS:-7}
port=${PORT:-18080}
work=$(mktemp -d)
started=()

fail() {
  echo "start-up: $*" >&2
  exit 1
}

stop() {
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# ready: whether the readiness probe says 200
ready() {
  local status=0
  { exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))"; } 2>/dev/null || return 1
  printf 'GET /actuator/health/readiness HTTP/1.0\r\n\r\n' >&3
  read -r _ status _ <&3 || true
  exec 3>&-
  [ "$status" = 200 ]
}

# start <name> <command...>: starts it, waits until it is ready, ends it; writes milliseconds, CPU milliseconds and MiB to $work/<name>
start() {
  local name=$1 begun now cpu resident
  shift
  begun=${EPOCHREALTIME//[.,]/}
  taskset -c "${CORES:-0-$(($(nproc) - 1))}" "$@" serve --server.address=127.0.0.1 --server.port=$port --management.server.address=127.0.0.1 \
    --management.server.port=$((port + 1)) --warmlane.endpoints="$engines" --warmlane.warm-up=0s >"$work/log" 2>&1 &
  local pid=$!
  started+=("$pid")
  until ready; do
    kill -0 "$pid" 2>/dev/null || fail "$name: ended: $(tail -n 5 "$work/log")"
    [ $((${EPOCHREALTIME//[.,]/} - begun)) -lt 120000000 ] || fail "$name: not ready within two minutes"
    sleep 0.01
  done
  now=${EPOCHREALTIME//[.,]/}
  cpu=$(awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) * 1000 / hz }' "/proc/$pid/stat")
  resident=$(awk '/^VmRSS/ { print int($2 / 1024) }' "/proc/$pid/status")
  kill -KILL "$pid"
  wait "$pid" 2>/dev/null || true
  echo "$(((now - begun) / 1000)) $cpu $resident" >>"$work/$name"
}

# median <file> <column> | least | most
of() {
  awk -v c="$2" '{ print $c }' "$work/$1" | sort -n |
    awk -v which="$3" '{ v[NR] = $1 } END { print v[which == "least" ? 1 : which == "most" ? NR : int((NR + 1) / 2)] }'
}

command -v "$java" >/dev/null || fail "$java: not found (expected: Java 25 or later)"
for taken in $(seq $port $((port + 5))); do
  ! (exec 3<>"/dev/tcp/127.0.0.1/$taken") 2>/dev/null || fail "port $taken: in use (expected: free; PORT chooses others)"
done
[ -f "$jar" ] || fail "$jar: not found (expected: the built jar; ./mvnw package -DskipTests)"
"$java" -version 2>&1 | sed -n 2p
image=${IMAGE:-$work/image}
if [ -z "${IMAGE:-}" ]; then
  "$here/../image/build.sh" "$jar" "$image"
  "$here/../image/train.sh" "$image" $port
fi

: >"$work/engines"
"$java" -jar "$jar" simulate --port $((port + 2)) --pods 4 >"$work/engines" 2>&1 &
started+=($!)
engines=$(seq -f 'http://127.0.0.1:%.0f' -s , $((port + 2)) $((port + 5)))
until [ "$(wc -l <"$work/engines")" -ge 4 ]; do sleep 0.1; done

round() {
  start plain-jar "$java" -jar "$jar"
  start extracted env JAVA_OPTS=-XX:AOTMode=off "$image/bin/warmlane"
  start aot-cache "$image/bin/warmlane"
}

round
rm "$work/plain-jar" "$work/extracted" "$work/aot-cache"
for _ in $(seq "$rounds"); do round; done
plain_ms=$(of plain-jar 1 median)
printf '\n%-10s %28s %10s %12s %8s\n' "" "ms to ready: median, min-max" "of plain" "CPU ms" "RSS MiB"
for name in plain-jar extracted aot-cache; do
  ms=$(of $name 1 median)
  printf '%-10s %14s, %12s %9s%% %12s %8s\n' $name "$ms" "$(of $name 1 least)-$(of $name 1 most)" $((100 * ms / plain_ms)) "$(of $name 2 median)" "$(of $name 3 median)"
done
