#!/bin/bash
# Trains the AOT cache of a directory that build.sh has laid out, by the JVM that will use it: train.sh <directory> [first port [sessions]]
#
# Starts the gateway on the demo's simulated engines, on six free ports of loopback, lets it warm itself up as ever, drives it as clients
# and operators would, and ends it as Kubernetes would; the JVM then writes what it learned to warmlane.aot. A second pool looks for
# Kubernetes where nothing listens, so that its client is learned too; the gateway serves, but is not ready. Takes about a minute.
set -euo pipefail

home=$(cd "$1" && pwd)
first=${2:-8000}
sessions=${3:-40}
cache=$home/warmlane.aot
model=Qwen/Qwen3-0.6B
log=$(mktemp)
gateway=

fail() {
  echo "train.sh: $*" >&2
  grep -v "\[aot\]" "$log" | tail -n 40 | sed "s/^/  /" >&2
  rm -f "$cache"*
  exit 1
}

end() {
  [ -z "$gateway" ] || kill -KILL "$gateway" 2>/dev/null || true
  wait
  rm -f "$log"
}
trap end EXIT

# get <port> <path>: the response's body; fails unless its status is 200
get() {
  local status line
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$2" >&3
  read -r _ status _ <&3 || status=0
  while IFS= read -r line <&3 && [ "$line" != $'\r' ]; do :; done
  cat <&3
  exec 3>&-
  [ "$status" = 200 ]
}

# serves: whether it has found the engines and asked them for their models
serves() {
  [[ $(get "$first" /v1/models) == *"$model"* ]]
}

# talk <argument...>: conversations of clients
talk() {
  JAVA_OPTS='-XX:TieredStopAtLevel=1 -Xmx128m' "$home/bin/warmlane" validate --gateway "http://127.0.0.1:$first" \
    --management "http://127.0.0.1:$((first + 1))" --model="$model" --allow-other-traffic \
    --min-hit-ratio=0 --min-stickiness=0 "$@" >>"$log" 2>&1
}

rm -f "$cache"*
engines=$(seq -f 'http://127.0.0.1:%.0f' -s , $((first + 2)) $((first + 5)))
JAVA_OPTS="${JAVA_OPTS-} -XX:AOTCacheOutput=$cache" SPRING_PROFILES_ACTIVE=${SPRING_PROFILES_ACTIVE:-demo} KUBERNETES_MASTER=http://127.0.0.1:9 \
  "$home/bin/warmlane" serve \
  '--warmlane.pools[0].name=cluster' '--warmlane.pools[0].kubernetes.service=vllm' '--warmlane.pools[0].kubernetes.namespace=default' \
  --server.address=127.0.0.1 --server.port="$first" --management.server.address=127.0.0.1 --management.server.port=$((first + 1)) \
  --warmlane.endpoints="$engines" >"$log" 2>&1 &
gateway=$!

for _ in $(seq 1500); do
  ! serves || break
  kill -0 $gateway 2>/dev/null || fail "the gateway: ended (expected: serving)"
  sleep 0.2
done
serves || fail "the gateway: does not serve $model after five minutes"

talk --sessions="$sessions" --turns=10 --output-tokens=20 || fail "conversations: failed (expected: all served)"
talk --sessions="$sessions" --turns=5 --output-tokens=2 --no-stream || fail "conversations without streaming: failed (expected: all served)"
for path in /actuator/health/liveness /actuator/prometheus /actuator/vllm /actuator/info /dashboard; do
  get $((first + 1)) "$path" >>"$log" || fail "$path: no response (expected: 200)"
done

kill -TERM "$gateway"
wait "$gateway" || fail "the gateway: exit code $? (expected: 0)"
gateway=
[ -s "$cache" ] || fail "$cache: not written (expected: by a JVM of Java 25 or later)"
jvm=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v java)")")")}
cat "$jvm/release" >"$cache.jvm" 2>/dev/null || true
# Ends with an error if the JVM cannot use it.
JAVA_OPTS="${JAVA_OPTS-} -XX:AOTCache=$cache -XX:AOTMode=on" "$home/bin/warmlane" --help >"$log" 2>&1 || fail "$cache: does not fit"
echo "$cache: $(($(wc -c <"$cache") / 1048576)) MiB"
