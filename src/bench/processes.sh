# Sourced by the benchmarks here: starts the stand-ins for vLLM, gateways and the load, on loopback, and ends them with the script.
# Expects $here, the directory of this file, and $1 of the script in $jar. Proxies have one core, load and stand-ins another.

PATH=$PATH:/usr/sbin # where Debian keeps haproxy
jar=${jar:-$here/../../target/warmlane.jar}
java=${JAVA:-${JAVA_HOME:+$JAVA_HOME/bin/}java}
load_core=0
proxy_core=1
endpoints=http://127.0.0.1:18001,http://127.0.0.1:18002,http://127.0.0.1:18003,http://127.0.0.1:18004
work=$(mktemp -d)
started=()

fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

stop() {
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

# require <port...>: the tools, the jar, two cores, and that nobody has these ports
require() {
  local tool port
  for tool in haproxy wrk curl taskset "$java"; do
    command -v "$tool" >/dev/null || fail "$tool: not found (expected: installed; on Debian apt-get install haproxy wrk curl util-linux openjdk-17-jre-headless)"
  done
  [ -n "${IMAGE:-}" ] || [ -f "$jar" ] || fail "$jar: not found (expected: the built jar; ./mvnw package -DskipTests)"
  [ "$(nproc)" -ge 2 ] || fail "$(nproc) core (expected: at least 2, so that the load does not run on the proxy's)"
  [[ $(haproxy -vv) == *+LUA* ]] || fail "haproxy: built without Lua (expected: with; the stand-ins for vLLM need it)"
  for port in "$@"; do
    ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || fail "port $port: in use (expected: free)"
  done
}

# start <core> <name> <command...>: runs it in the background; its id is in $pid
start() {
  local core=$1 name=$2
  shift 2
  taskset -c "$core" "$@" >"$work/$name.log" 2>&1 &
  pid=$!
  started+=("$pid")
}

# await <pid> <name> <url>: waits until it responds, for a minute
await() {
  local _
  for _ in $(seq 120); do
    curl -sf -o "$work/response" "$3" && return
    kill -0 "$1" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 20 "$work/$2.log" >&2
  fail "$2: not up (expected: a response at $3 within a minute)"
}

# engines: the four stand-ins, on 18001 to 18004
engines() {
  export BENCH=$here
  start $load_core upstream haproxy -db -f "$here/upstream.cfg"
  await "$pid" upstream http://127.0.0.1:18001/v1/models
}

# many_engines <last port>: one stand-in on each port from 18101, with the metrics of a real engine that has nothing to do; they are what
# gateways then have
many_engines() {
  export BENCH=$here
  sed "s/^\(vllm:num_requests_running.*\) .*/\1 0.0/" "$here/../test/resources/vllm/metrics-newest.prom" >"$work/idle.prom"
  sed -e '/bind .*:1800[2-4]$/d' -e "s/:18001/:18101-$1/" \
    -e "s|string \"vllm:.*\" if|file $work/idle.prom if|" "$here/upstream.cfg" >"$work/engines.cfg"
  start $load_core upstream haproxy -db -f "$work/engines.cfg"
  await "$pid" upstream http://127.0.0.1:18101/v1/models
  endpoints=$(seq -f 'http://127.0.0.1:%.0f' 18101 "$1" | paste -sd,)
}

# servers <name> <first port> <count> <KV blocks of each>: simulated vLLM servers with the speed of an 8B model on an H100
servers() {
  start $load_core "$1" "$java" -Xmx1g -jar "$jar" simulate --port "$2" --pods "$3" --preset 8b-h100 --kv-blocks "$4"
  await "$pid" "$1" "http://127.0.0.1:$2/health"
}

# gateway <name> <port> <management port> [setting]: a Warmlane; its id is in $pid. IMAGE, a directory that build.sh and train.sh of src/image
# have made, is started instead of the jar, by the Java of JAVA_HOME.
gateway() {
  # shellcheck disable=SC2206 # several flags
  local command=("$java" ${JAVA_OPTS:-} -jar "$jar")
  [ -z "${IMAGE:-}" ] || command=(env JAVA_OPTS="${JAVA_OPTS:-}" "$IMAGE/bin/warmlane")
  start $proxy_core "$1" "${command[@]}" serve --server.address=127.0.0.1 --server.port="$2" \
    --management.server.address=127.0.0.1 --management.server.port="$3" --warmlane.endpoints=$endpoints \
    --warmlane.affinity.client-ip.shared-networks=127.0.0.0/8 "${@:4}"
  await "$pid" "$1" "http://127.0.0.1:$3/actuator/health/readiness"
}

# ticks <pid>: of CPU that a process has used, its threads' in the kernel included
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

# drive <port> <seconds> [stream]: what wrk counted: responses, bytes, failures, and the time to a response in us: p50, p90, p99
drive() {
  taskset -c $load_core wrk -t1 -c"${CONNECTIONS:-64}" -d"$2s" --timeout "${WRK_TIMEOUT:-2}s" -s "$here/load.lua" "http://127.0.0.1:$1/" -- "${@:3}" | sed -n 's/^RESULT //p'
}

# versions: what is measured, a line each
versions() {
  "$java" -version 2>&1 | sed -n 2p
  haproxy -v | sed -n 1p
}
