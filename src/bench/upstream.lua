-- The responses of the stand-ins for vLLM: a chat completion of 400 bytes after ENGINE_MS (2), or as long after that 100 server-sent events of
-- 200 bytes, one every 5 ms. The headers x-engine-ms, x-events and x-event-ms of a request ask for other numbers.

local engine_ms = tonumber(os.getenv("ENGINE_MS") or 2)

local function asked(applet, name, default)
  local values = applet.headers[name]
  return values and tonumber(values[0]) or default
end

local function padded(head, tail, bytes)
  return head .. string.rep("x", bytes - #head - #tail) .. tail
end

local completion = padded(
  '{"id":"chatcmpl-bench","object":"chat.completion","created":1,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"',
  '"},"finish_reason":"stop"}],"usage":{"prompt_tokens":512,"total_tokens":552,"completion_tokens":40,"prompt_tokens_details":{"cached_tokens":480}}}',
  400)

local event = padded('data: {"id":"cmpl-bench","object":"text_completion","created":1,"model":"bench","choices":[{"index":0,"text":"',
  '"}]}\n\n', 200)

core.register_service("chat", "http", function(applet)
  applet:receive()
  core.msleep(asked(applet, "x-engine-ms", engine_ms))
  applet:set_status(200)
  applet:add_header("content-type", "application/json")
  applet:add_header("content-length", tostring(#completion))
  applet:start_response()
  applet:send(completion)
end)

core.register_service("stream", "http", function(applet)
  applet:receive()
  core.msleep(asked(applet, "x-engine-ms", engine_ms))
  applet:set_status(200)
  applet:add_header("content-type", "text/event-stream; charset=utf-8")
  applet:add_header("transfer-encoding", "chunked")
  applet:start_response()
  local event_ms = asked(applet, "x-event-ms", 5)
  for _ = 1, asked(applet, "x-events", 100) do
    applet:send(event)
    core.msleep(event_ms)
  end
end)
