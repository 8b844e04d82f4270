--- Sends a reply over lua-http, well or badly: late, in drops, cut off, reset, or not at all.

local cqueues = require("cqueues")
local http_headers = require("http.headers")

local core = require("kling.core")

local BLOCK = 65536
local SECONDS = 60 -- a client that takes nothing for so long is given up

local transmit = {}

local function is_http2(stream)
  return stream.connection.version == 2
end

-- Has the client had enough? lua-http takes writing to a stream that was reset for our mistake.
local function is_given_up(stream)
  return is_http2(stream) and stream.state == "closed"
end

local function hang_up(stream)
  if stream.connection.socket then
    stream.connection.socket:shutdown("rw")
  end
end

local function reset(stream)
  local socket = stream.connection.socket
  if socket and not core.reset_connection(socket:pollfd()) then
    hang_up(stream)
  end
end

local function send_raw(stream, bytes)
  local socket = stream.connection.socket
  if socket and not is_http2(stream) then
    socket:xwrite(bytes, "bn", SECONDS)
  end
  hang_up(stream)
end

local function size_of(reply)
  return reply.file and reply.file.size or #reply.body
end

-- The body in blocks of at most `block` bytes, `limit` bytes in all.
local function blocks(reply, block, limit)
  local at = 0
  local file = reply.file and assert(io.open(reply.file.path, "rb"))
  if file then
    file:seek("set", reply.file.from)
  end
  return function()
    local size = math.min(block, limit - at)
    if size <= 0 then
      if file then
        file:close()
        file = nil
      end
      return nil
    end
    at = at + size
    return file and file:read(size) or reply.body:sub(at - size + 1, at)
  end
end

local function write_headers(stream, request, reply)
  local headers = http_headers.new()
  headers:append(":status", ("%d"):format(reply.status))
  headers:append("server", "kling-emulator")
  for _, pair in ipairs(reply.headers) do
    headers:append(pair[1], pair[2])
  end
  if not reply.transfer.chunked and not headers:has("content-length") then
    headers:append("content-length", ("%d"):format(size_of(reply)))
  elseif reply.transfer.chunked and not is_http2(stream) then
    headers:append("transfer-encoding", "chunked")
  end
  local is_whole = request.method == "HEAD" or (size_of(reply) == 0 and not reply.transfer.chunked)
  return stream:write_headers(headers, is_whole, SECONDS) and not is_whole
end

-- How the body comes: how many bytes at a time, and how long after each nothing does.
local function pace_of(transfer)
  local slow = transfer.trickle or transfer.stall or { bytes = BLOCK }
  local is_stall = slow == transfer.stall
  return slow.bytes, function(is_first)
    if slow.seconds and (is_first or not is_stall) then
      cqueues.sleep(slow.seconds)
    end
  end
end

local function write_body(stream, reply)
  local size, transfer = size_of(reply), reply.transfer
  local limit = math.min(size, transfer.cut or size, transfer.reset or size)
  local bytes, pause = pace_of(transfer)
  local sent = 0
  for block in blocks(reply, bytes, limit) do
    sent = sent + #block
    if is_given_up(stream) or not stream:write_chunk(block, sent == size, SECONDS) then
      return
    end
    if reply.entry then -- in the router's log
      reply.entry.sent = sent
    end
    if sent < limit then
      pause(sent == #block)
    end
  end
  if size == 0 then
    stream:write_chunk("", true, SECONDS)
  end
end

local function finish(stream, transfer)
  if transfer.reset then
    -- What was written is still to arrive: the reset would overtake it.
    cqueues.sleep(0.05)
    reset(stream)
  elseif transfer.cut and not is_http2(stream) then
    hang_up(stream)
  end
end

-- Replies that are no HTTP at all.
local function send_nothing(stream, transfer)
  if transfer.raw then
    send_raw(stream, transfer.raw)
  elseif transfer.drop then
    hang_up(stream)
  elseif transfer.reset and transfer.reset < 0 then
    reset(stream)
  else
    return false
  end
  return true
end

--- Send `reply` as its `transfer` says.
function transmit.send(stream, request, reply)
  local transfer = reply.transfer
  if transfer.delay then
    cqueues.sleep(transfer.delay)
  end
  if is_given_up(stream) or send_nothing(stream, transfer) then
    return
  end
  if write_headers(stream, request, reply) then
    write_body(stream, reply)
  end
  finish(stream, transfer)
end

return transmit
