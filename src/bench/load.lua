-- wrk's requests: a chat body of BODY_BYTES (2 KB), one of SESSIONS (a thousand) at random, 0 for no session header and a
-- prompt of its own each; with SYSTEMS, half of each chat is one of so many system messages, the rest its session's own; with "stream" as argument, streamed completions. THINK_MS is the pause of a connection before each.
-- ENGINE_MS, EVENTS and EVENT_MS go on to the stand-ins as headers, for how they respond.

local body_bytes = tonumber(os.getenv("BODY_BYTES") or 2048)
local sessions = tonumber(os.getenv("SESSIONS") or 1000)
local systems = tonumber(os.getenv("SYSTEMS"))
local think_ms = tonumber(os.getenv("THINK_MS"))
local path, requests = "/v1/chat/completions", {}

function init(args)
  local stream = args[1] == "stream"
  local headers = { ["content-type"] = "application/json" }
  for name in ("engine-ms events event-ms"):gmatch("%S+") do
    headers["x-" .. name] = os.getenv((name:upper():gsub("-", "_")))
  end
  if stream then
    path = "/v1/completions"
  end
  for i = 1, math.max(sessions, 1000) do
    if sessions > 0 then
      headers["x-session-id"] = string.format("session-%04d", i % sessions)
    end
    local text = (sessions > 0 and "" or i .. " ") .. string.rep("word ", math.floor((body_bytes - 98) / 5))
    local body = stream and '{"model":"bench","stream":true,"prompt":"' .. text .. '"}'
      or '{"model":"bench","messages":[{"role":"user","content":"' .. text .. '"}]}'
    if systems and not stream then
      local half = string.rep("word ", math.floor((body_bytes - 160) / 10))
      body = string.format('{"model":"bench","messages":[{"role":"system","content":"you are %d %s"},{"role":"user","content":"I am %d %s"}]}',
        i % systems, half, i, half)
    end
    requests[i] = wrk.format("POST", path, headers, body)
  end
end

function request()
  return requests[math.random(#requests)]
end

-- Clients do not come all at once: the first pause of each is some part of a pause.
if think_ms then
  local beginners = tonumber(os.getenv("CONNECTIONS") or 64)
  function delay()
    beginners = beginners - 1
    return beginners < 0 and think_ms or math.random(0, think_ms)
  end
end

-- One line for the script: responses, bytes, failures, and the time to a response in microseconds: p50, p90, p99.
function done(summary, latency)
  local e = summary.errors
  local failures = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.bytes, failures,
    latency:percentile(50), latency:percentile(90), latency:percentile(99)))
end
