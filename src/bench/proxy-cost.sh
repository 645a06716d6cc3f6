#!/bin/bash
# What a request through Warmlane costs, in CPU time of the proxy process, next to HAProxy on the same machine in the same run.
#
#   ./mvnw -B -q package -DskipTests && src/bench/proxy-cost.sh          three to four minutes; needs haproxy, wrk, curl, java
#   JAVA=/path/to/java JAVA_OPTS=... src/bench/proxy-cost.sh [jar]       another runtime, other flags, another jar
#   AGAINST_POLICY=round-robin src/bench/proxy-cost.sh                   next to a second Warmlane with that policy, not HAProxy
#
# Both get a 2 KB chat body and one of a thousand session ids at random over 64 connections, and both spread them over the same four
# stand-ins for vLLM, which answer 400 bytes after 2 ms. The proxies have one core, load and stand-ins another. The JVM, with its default
# flags, is warmed until it has answered WARM_REQUESTS, for a minute at least; then the two are driven in turns, because a shared machine
# drifts and only neighbours compare. On a machine too busy to warm it in 110 seconds the script says so: its figures are then too high.
# A second table does the same for streams of 200-byte events. Everything is on loopback, ports 18001 to 18004, 18080, 18081 and 18090,
# and ends with the script.
set -euo pipefail
PATH=$PATH:/usr/sbin # where Debian keeps haproxy

here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-$here/../../target/warmlane.jar}
java=${JAVA:-java}
warm_requests=${WARM_REQUESTS:-250000}
warm_seconds_least=60
warm_seconds_most=110
rounds=${ROUNDS:-5}
round_seconds=${ROUND_SECONDS:-5}
load_core=0
proxy_core=1
event_bytes=206 # an event of 200 bytes and its chunk's frame

fail() {
  echo "proxy-cost: $*" >&2
  exit 1
}

for tool in haproxy wrk curl taskset "$java"; do
  command -v "$tool" >/dev/null || fail "$tool: not found (expected: installed; on Debian apt-get install haproxy wrk curl util-linux openjdk-17-jre-headless)"
done
[ -f "$jar" ] || fail "$jar: not found (expected: the built jar; ./mvnw package -DskipTests)"
[ "$(nproc)" -ge 2 ] || fail "$(nproc) core (expected: at least 2, so that the load does not run on the proxy's)"
[[ $(haproxy -vv) == *+LUA* ]] || fail "haproxy: built without Lua (expected: with; the stand-ins for vLLM need it)"
for port in 18001 18002 18003 18004 18080 18081 18090; do
  ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || fail "port $port: in use (expected: free)"
done

work=$(mktemp -d)
started=()
stop() {
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# start <core> <name> <command...>: runs it in the background; its id is in $pid
start() {
  local core=$1 name=$2
  shift 2
  taskset -c "$core" "$@" >"$work/$name.log" 2>&1 &
  pid=$!
  started+=("$pid")
}

# await <pid> <name> <url>: until it answers, for a minute
await() {
  for _ in $(seq 120); do
    curl -sf -o "$work/answer" "$3" && return
    kill -0 "$1" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 20 "$work/$2.log" >&2
  fail "$2: not up (expected: an answer at $3 within a minute)"
}

ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

# drive <port> <seconds> [stream]: what wrk counted: answers, bytes, failures
drive() { taskset -c $load_core wrk -t1 -c64 -d"$2s" -s "$here/load.lua" "http://127.0.0.1:$1/" -- "${@:3}" | sed -n 's/^RESULT //p'; }

# warm <port>: drives Warmlane until its hot code is compiled
warm() {
  local seconds=0 total=0 answers _
  while [ $seconds -lt $warm_seconds_least ] || { [ $total -lt "$warm_requests" ] && [ $seconds -lt $warm_seconds_most ]; }; do
    read -r answers _ < <(drive "$1" 10)
    seconds=$((seconds + 10))
    total=$((total + answers))
  done
  echo "warmed by $total requests in ${seconds}s"
  [ $total -ge "$warm_requests" ] || echo "proxy-cost: not warm: $total requests (expected: $warm_requests); is the machine busy?" >&2
}

# cost <pid> <port> [stream]: microseconds of CPU for each answer or event, and how many of them a second
cost() {
  local before after answers bytes failures
  before=$(ticks "$1")
  read -r answers bytes failures < <(drive "$2" "$round_seconds" "${@:3}")
  after=$(ticks "$1")
  [ "$failures" = 0 ] || fail "port $2: $failures failed requests (expected: none)"
  [ -z "${3:-}" ] || answers=$((bytes / event_bytes))
  awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v n="$answers" -v s="$round_seconds" \
    'BEGIN { printf "%.1f %d\n", t * 1000000 / hz / n, n / s }'
}

# compare <title> <rounds> [stream]: a line a round, then median, smallest and largest
compare() {
  printf '\n%-22s %14s %10s %8s   %s\n' "$1" "$other" Warmlane ratio "(a second: $other, Warmlane)"
  local h hn w wn
  for _ in $(seq "$2"); do
    read -r h hn < <(cost "$against" 18090 "${@:3}")
    read -r w wn < <(cost "$warmlane" 18080 "${@:3}")
    awk -v h="$h" -v w="$w" -v hn="$hn" -v wn="$wn" 'BEGIN { printf "%-22s %14.1f %10.1f %8.2f   (%d, %d)\n", "", h, w, w / h, hn, wn }'
  done | tee "$work/rounds"
  local column name
  for name in median min max; do
    printf '%-22s' "$name"
    for column in 1 2 3; do
      awk -v c=$column '{ print $c }' "$work/rounds" | sort -n |
        awk -v name=$name -v c=$column '{ v[NR] = $1 }
          END { i = name == "min" ? 1 : name == "max" ? NR : int((NR + 1) / 2); printf c == 3 ? " %8.2f" : c == 1 ? " %14.1f" : " %10.1f", v[i] }'
    done
    echo
  done
}

export BENCH=$here
start $load_core upstream haproxy -db -f "$here/upstream.cfg"
await "$pid" upstream http://127.0.0.1:18001/v1/models
# gateway <name> <port> <management port> [setting]: a Warmlane; its id is in $pid
gateway() {
  # shellcheck disable=SC2086 # several flags
  start $proxy_core "$1" "$java" ${JAVA_OPTS:-} -jar "$jar" serve --server.address=127.0.0.1 --server.port="$2" \
    --management.server.address=127.0.0.1 --management.server.port="$3" --warmlane.endpoints=$endpoints \
    --warmlane.affinity.client-ip.shared-networks=127.0.0.0/8 "${@:4}"
  await "$pid" "$1" "http://127.0.0.1:$3/actuator/health/readiness"
}

endpoints=http://127.0.0.1:18001,http://127.0.0.1:18002,http://127.0.0.1:18003,http://127.0.0.1:18004
if [ -n "${AGAINST_POLICY:-}" ]; then
  other=$AGAINST_POLICY
  gateway against 18090 18091 --warmlane.routing.policy="$AGAINST_POLICY"
else
  other=HAProxy
  start $proxy_core haproxy haproxy -db -f "$here/haproxy.cfg"
  await "$pid" haproxy http://127.0.0.1:18090/v1/models
fi
against=$pid
gateway warmlane 18080 18081
warmlane=$pid

"$java" -version 2>&1 | sed -n 2p
haproxy -v | sed -n 1p
warm 18080
[ "$other" = HAProxy ] || warm 18090
compare "us per request" "$rounds"
drive 18080 15 stream >"$work/warm"
compare "us per streamed event" 3 stream
