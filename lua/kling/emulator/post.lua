--- Posts a body over HTTP, without blocking the emulator.

local http_request = require("http.request")

local abandon = require("kling.emulator.abandon")

local SECONDS = 5 -- for the answer to begin

--- The answer's status; 0 when there was none.
---@param target string URL
---@param headers table name -> value
---@param body string
---@param context table as fetch.tls_context made it
return function(target, headers, body, context)
  local parsed, request = pcall(http_request.new_from_uri, target)
  if not parsed then
    return 0
  end
  request.follow_redirects = false
  request.ctx = context
  request.headers:upsert(":method", "POST")
  for name, value in pairs(headers) do
    request.headers:append(name, value)
  end
  request:set_body(body)
  local answer, stream = request:go(SECONDS)
  if not answer then
    return 0
  end
  abandon(stream)
  stream:shutdown()
  return tonumber(answer:get(":status"))
end
