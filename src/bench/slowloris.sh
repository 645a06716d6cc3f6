#!/bin/bash
# What 2,000 connections that never finish a request's head do to everybody else: the latency of healthy requests without them and
# with them, in turns in the same run.
#
#   ./mvnw -B -q package -DskipTests && src/bench/slowloris.sh [jar]     about two minutes; needs haproxy, wrk, curl, java, python3
#   SLOW=5000 ROUNDS=5 src/bench/slowloris.sh                            more of them, more rounds
#
# The healthy load is the chat bodies of proxy-cost.sh over 16 connections , as fast as they are answered, against the same
# stand-ins for vLLM. The slow clients send one byte of a header each second and start anew when the gateway has had enough of them.
# Everything is on loopback, ports 18001 to 18004, 18080 and 18081, and ends with the script.
set -euo pipefail
PATH=$PATH:/usr/sbin # where Debian keeps haproxy

here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-$here/../../target/warmlane.jar}
java=${JAVA:-java}
slow=${SLOW:-2000}
rounds=${ROUNDS:-3}
round_seconds=${ROUND_SECONDS:-8}

fail() {
  echo "slowloris: $*" >&2
  exit 1
}

for tool in haproxy wrk curl python3 "$java"; do
  command -v "$tool" >/dev/null || fail "$tool: not found (expected: installed)"
done
[ -f "$jar" ] || fail "$jar: not found (expected: the built jar; ./mvnw package -DskipTests)"
ulimit -n $((slow + 4096)) || fail "$((slow + 4096)) open files (expected: allowed)"

work=$(mktemp -d)
started=()
stop() {
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# start <name> <command...>: runs it in the background; its id is in $pid
start() {
  local name=$1
  shift
  "$@" >"$work/$name.log" 2>&1 &
  pid=$!
  started+=("$pid")
}

cat >"$work/slow.py" <<'PYTHON'
import asyncio, sys

async def drip():
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", 18080)
            writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: g\r\nx-slow: ")
            while not reader.at_eof():
                await writer.drain()
                await asyncio.sleep(1)
                writer.write(b"a")
            writer.close()
        except OSError:
            await asyncio.sleep(0.1)

async def main(count):
    tasks = []
    for _ in range(count):
        tasks.append(asyncio.create_task(drip()))
        await asyncio.sleep(0.0005)
    await asyncio.gather(*tasks)

asyncio.run(main(int(sys.argv[1])))
PYTHON

cat >"$work/healthy.lua" <<'LUA'
dofile(os.getenv("BENCH") .. "/load.lua")
function delay()
  return 20
end
LUA

# healthy <seconds>: the answers, and the p99 of the time to one in microseconds
healthy() { wrk -t1 -c16 -d"$1s" --latency -s "$work/healthy.lua" http://127.0.0.1:18080/ -- | awk '/^RESULT/ { print $2, $7 }'; }

export BENCH=$here
start upstream haproxy -db -f "$here/upstream.cfg"
endpoints=http://127.0.0.1:18001,http://127.0.0.1:18002,http://127.0.0.1:18003,http://127.0.0.1:18004
# shellcheck disable=SC2086 # several flags
start warmlane "$java" ${JAVA_OPTS:-} -jar "$jar" serve --server.address=127.0.0.1 --server.port=18080 \
  --management.server.address=127.0.0.1 --management.server.port=18081 --warmlane.endpoints=$endpoints \
  --warmlane.affinity.client-ip.shared-networks=127.0.0.0/8
for _ in $(seq 120); do
  curl -sf -o "$work/answer" http://127.0.0.1:18081/actuator/health/readiness && break
  sleep 0.5
done
curl -sf -o "$work/answer" http://127.0.0.1:18081/actuator/health/readiness || fail "not up: $(tail -n 5 "$work/warmlane.log")"

healthy 25 >"$work/warm"
printf '%8s %14s %14s %8s   %s\n' round 'p99 us alone' "with $slow slow" ratio '(requests: alone, with)'
for round in $(seq "$rounds"); do
  read -r alone_n alone < <(healthy "$round_seconds")
  start slow python3 "$work/slow.py" "$slow"
  slow_pid=$pid
  sleep 4
  read -r with_n with < <(healthy "$round_seconds")
  kill -KILL "$slow_pid"
  wait "$slow_pid" 2>/dev/null || true
  awk -v r="$round" -v a="$alone" -v w="$with" -v an="$alone_n" -v wn="$with_n" \
    'BEGIN { printf "%8d %14d %14d %8.2f   (%d, %d)\n", r, a, w, w / a, an, wn }'
  sleep 2
done
