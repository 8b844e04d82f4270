--- Takes callbacks within a lua-http server: makes an onstream function.

local http_headers = require "http.headers"

local abandon = require "kling.emulator.abandon"

local SECONDS = 10 -- for a callback to arrive, and for its answer to leave

local function has_body(stream, headers)
  return stream.connection.version == 2 or headers:has "content-length"
    or headers:has "transfer-encoding"
end

-- The body and whether it arrived. No body: it is longer than `most`.
local function read_body(stream, headers, most)
  local announced = tonumber(headers:get "content-length" or "")
  if not has_body(stream, headers) then
    return "", true
  elseif announced and announced > most then
    return nil, true
  elseif headers:get "expect" == "100-continue" then
    stream:write_continue(SECONDS)
  end
  local body, message = stream:get_body_chars(most + 1, SECONDS)
  body = body or ""
  return body, not message and #body >= (announced or 0)
end

local function answer(stream, status)
  local headers = http_headers.new()
  headers:append(":status", ("%d"):format(status))
  if status ~= 204 then
    headers:append("content-length", "0")
  end
  stream:write_headers(headers, true, SECONDS)
end

local function take(receiver, stream)
  local headers = stream:get_headers(SECONDS)
  if not headers then
    return
  elseif headers:get ":method" ~= "POST" then
    answer(stream, 405)
    return
  end
  local body, is_there = read_body(stream, headers, receiver.max_body)
  if is_there then
    local event, _, failure = receiver:receive(headers:get ":path", headers, body)
    answer(stream, event and 204 or failure.http_status)
  end
end

return function(receiver)
  return function(_, stream)
    take(receiver, stream)
    abandon(stream) -- with what was not read; see there
  end
end
