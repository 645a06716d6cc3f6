#!/bin/bash
# What Warmlane adds to the time to the first token of long prompts, next to sending them to the engine directly, in the same run.
#
#   ./mvnw -B -q package -DskipTests && src/bench/long-prompt.sh [jar]    two minutes; needs haproxy, wrk, curl, java
#
# CONNECTIONS (20) clients send prompts of BODY_BYTES (220 KB) without a session, each prompt one of a thousand, and wait for the response,
# which the stand-ins for vLLM send ENGINE_MS (200, far less than a real prefill of 55,000 tokens) after they have read it all. The
# response is 400 bytes in one chunk, so its time is the time to the first token. Direct and through the gateway are driven in turns.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jar=${1:-}
. "$here/processes.sh"

export BODY_BYTES=${BODY_BYTES:-220000} SESSIONS=0 CONNECTIONS=${CONNECTIONS:-20} ENGINE_MS=${ENGINE_MS:-200}
rounds=${ROUNDS:-5}
require 18001 18002 18003 18004 18080 18081

engines
gateway warmlane 18080 18081
versions
for _ in 1 2 3; do drive 18080 10 >"$work/warm"; done

printf '\n%s bytes, %s at once, ms     %28s %28s %28s\n' "$BODY_BYTES" "$CONNECTIONS" "direct p50/p90/p99" "Warmlane p50/p90/p99" "added p50/p90/p99"
for _ in $(seq "$rounds"); do
  read -r _ _ direct_failures d50 d90 d99 < <(drive 18001 8)
  read -r _ _ failures w50 w90 w99 < <(drive 18080 8)
  [ "$direct_failures$failures" = 00 ] || fail "$direct_failures and $failures failed requests (expected: none)"
  awk -v d50="$d50" -v d90="$d90" -v d99="$d99" -v w50="$w50" -v w90="$w90" -v w99="$w99" \
    'BEGIN { printf "%32s %12.1f %7.1f %7.1f %12.1f %7.1f %7.1f %12.1f %7.1f %7.1f\n", "", d50/1000, d90/1000, d99/1000, w50/1000, w90/1000, w99/1000, (w50-d50)/1000, (w90-d90)/1000, (w99-d99)/1000 }'
done
