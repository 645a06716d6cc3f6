#!/bin/bash
# How many of Warmlane's own classes one plain streamed chat request passes, counted by JaCoCo in a running gateway.
#
#   ./mvnw -B -q package -DskipTests && src/bench/request-classes.sh         about a minute; needs java, curl, unzip
#   src/bench/request-classes.sh --list                                      their names too
#   src/bench/request-classes.sh /path/to/another/warmlane.jar [--list]      another jar
#
# The gateway has its default settings and one simulated vLLM server; it runs with JaCoCo's agent, which Maven fetches into target/jacoco.
# After a warm-up the counters are reset and one chat with a session header is streamed. Whatever runs beside requests is kept apart: the
# dashboard is off, scrapes and health checks have long intervals, and an idle window is taken before each chat. A class counts if every
# one of ROUNDS (5) chats executed more of its instructions than any idle window did. Classes are counted as JaCoCo's report does: a nested
# class, record or enum is a class of its own, a lambda belongs to the class it stands in, and an interface counts only for its own code;
# what the compiler generates for records and enums is no code.
# Everything is on loopback, five ports from PORT (18080) on, and ends with the script.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=0.8.14
jar=$here/../../target/warmlane.jar
list=
for argument in "$@"; do
  if [ "$argument" = --list ]; then list=yes; else jar=$argument; fi
done
java=${JAVA:-java}
rounds=${ROUNDS:-5}
port=${PORT:-18080}
work=$(mktemp -d)
started=()

fail() {
  echo "request-classes: $*" >&2
  exit 1
}

stop() {
  for pid in "${started[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap stop EXIT

for tool in "$java" curl unzip; do
  command -v "$tool" >/dev/null || fail "$tool: not found (expected: installed)"
done
[ -f "$jar" ] || fail "$jar: not found (expected: the built jar; ./mvnw package -DskipTests)"
for taken in $(seq "$port" $((port + 3))); do
  ! (exec 3<>"/dev/tcp/127.0.0.1/$taken") 2>/dev/null || fail "port $taken: in use (expected: free; PORT chooses others)"
done

tools=$here/../../target/jacoco
for artifact in org.jacoco.agent:$version:jar:runtime org.jacoco.cli:$version:jar:nodeps; do
  IFS=: read -r name _ _ classifier <<<"$artifact"
  [ -f "$tools/$name-$version-$classifier.jar" ] ||
    "$here/../../mvnw" -B -q -f "$here/../../pom.xml" dependency:copy -Dartifact="org.jacoco:$artifact" -DoutputDirectory="$tools"
done
unzip -q "$jar" 'BOOT-INF/classes/dev/warmlane/*' -d "$work"

# start <name> <url> <command...>: runs it in the background and waits until the URL responds, for a minute
start() {
  local name=$1 url=$2 _
  shift 2
  "$@" >"$work/$name.log" 2>&1 &
  started+=($!)
  for _ in $(seq 120); do
    curl -sf -o "$work/response" "$url" && return
    sleep 0.5
  done
  tail -n 20 "$work/$name.log" >&2
  fail "$name: not up (expected: a response at $url within a minute)"
}

chat() {
  curl -sN -o "$work/stream" -H 'content-type: application/json' -H 'x-session-id: one' "http://127.0.0.1:$port/v1/chat/completions" \
    -d '{"model":"Qwen/Qwen3-0.6B","stream":true,"max_tokens":32,"messages":[{"role":"user","content":"What is a KV cache?"}]}'
  grep -q '\[DONE\]' "$work/stream" || fail "the stream broke off: $(tail -c 300 "$work/stream")"
}

jacoco() { "$java" -jar "$tools/org.jacoco.cli-$version-nodeps.jar" "$@" --quiet; }

# take <file>: what was executed since the last take, as lines of class and instructions
take() {
  jacoco dump --address 127.0.0.1 --port $((port + 3)) --reset --destfile "$work/$1.exec"
}

# executed <file>: lines of class and executed instructions
executed() {
  jacoco report "$work/$1.exec" --classfiles "$work/BOOT-INF/classes" --csv "$work/$1.csv"
  awk -F, 'NR > 1 && $5 > 0 { print $2 "." $3, $5 }' "$work/$1.csv"
}

start engine "http://127.0.0.1:$((port + 2))/health" "$java" -jar "$jar" simulate --port $((port + 2)) --pods 1 --preset instant
start gateway "http://127.0.0.1:$((port + 1))/actuator/health/readiness" \
  "$java" -javaagent:"$tools/org.jacoco.agent-$version-runtime.jar=output=tcpserver,port=$((port + 3)),includes=dev.warmlane.*" \
  -jar "$jar" serve --server.address=127.0.0.1 --server.port="$port" --management.server.address=127.0.0.1 \
  --management.server.port=$((port + 1)) --warmlane.endpoints="http://127.0.0.1:$((port + 2))" --warmlane.dashboard.enabled=false \
  --warmlane.scrape.interval=1h --warmlane.scrape.models-interval=1h --warmlane.health.interval=1h

for _ in $(seq 20); do chat; done
take warm
for round in $(seq "$rounds"); do
  sleep 0.5
  take "idle-$round"
  chat
  sleep 0.5
  take "chat-$round"
done
for round in $(seq "$rounds"); do
  executed "idle-$round" >>"$work/idle"
  executed "chat-$round" >>"$work/chat"
done
awk -v rounds="$rounds" '
  NR == FNR { if ($2 > idle[$1]) idle[$1] = $2; next }
  $2 > idle[$1] { chats[$1]++ }
  END { for (name in chats) if (chats[name] == rounds) print name }' "$work/idle" "$work/chat" | sort >"$work/classes"
echo "$(wc -l <"$work/classes") classes"
[ -z "$list" ] || cat "$work/classes"
