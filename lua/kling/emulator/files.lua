--- Answers GET and HEAD for a file: ranges, entity tags, media types.

local files = {}

local TYPES = {
  mp3 = "audio/mpeg",
  wav = "audio/wav",
  mp4 = "video/mp4",
  mov = "video/quicktime",
}

local function size_of(path)
  local file = io.open(path, "rb")
  local size = file and file:seek("end")
  if file then
    file:close()
  end
  return size
end

local function suffix_range(last, size)
  if last == 0 or size == 0 then
    return nil, "unsatisfiable"
  end
  return math.max(size - last, 0), size - 1
end

--- The bytes a Range header asks for, as first and last offset.
---@return integer|nil first nil: the whole file
---@return integer|string|nil last "unsatisfiable" when nothing of the file is asked for
function files.parse_range(header, size)
  local first, last = (header or ""):match("^bytes=(%d*)%-(%d*)$")
  if not first or (first == "" and last == "") then
    return nil -- several ranges, or none: the whole file is a right answer (RFC 9110, 14.2)
  end
  first, last = tonumber(first), tonumber(last)
  if not first then
    return suffix_range(last, size)
  elseif last and last < first then
    return nil
  elseif first >= size then
    return nil, "unsatisfiable"
  end
  return first, math.min(last or size - 1, size - 1)
end

-- If-Range with another version's tag asks for the whole file (RFC 9110, 13.1.5).
local function wanted_range(headers, etag, size)
  local condition = headers["if-range"]
  if condition and condition ~= etag then
    return nil
  end
  return files.parse_range(headers["range"], size)
end

local function not_found()
  return {
    status = 404,
    headers = { { "content-type", "text/plain" } },
    body = "no such file\n",
    transfer = {},
  }
end

--- The reply to a request for the file at `path`.
---@param path string
---@param tag string what tells this version of the file from others
---@param headers table the request's, by lower-case name
---@param twist? string "changed": as another version of it; "ignored_range": whole
---@return table reply its body is `file = { path, from, size }`
function files.reply(path, tag, headers, twist)
  local size = size_of(path)
  if not size then
    return not_found()
  end
  local etag = ('"%s-%d%s"'):format(tag, size, twist == "changed" and "-changed" or "")
  local reply = {
    status = 200,
    headers = {
      { "content-type", TYPES[path:match("%.(%w+)$")] or "application/octet-stream" },
      { "etag", etag },
      { "accept-ranges", "bytes" },
    },
    file = { path = path, from = 0, size = size },
    transfer = {},
  }
  local first, last
  if twist ~= "ignored_range" then
    first, last = wanted_range(headers, etag, size)
  end
  if first then
    reply.status = 206
    reply.file.from, reply.file.size = first, last - first + 1
    reply.headers[4] = { "content-range", ("bytes %d-%d/%d"):format(first, last, size) }
  elseif last then
    reply.status, reply.file, reply.body = 416, nil, ""
    reply.headers[4] = { "content-range", ("bytes */%d"):format(size) }
  end
  return reply
end

local CHANGED = 64 -- bytes, after a tenth of the file: behind the headers of most

--- `bytes`, the part `file` of a file, as they are in another version of it.
function files.change(bytes, file)
  local from = math.floor(size_of(file.path) / 10) - file.from
  local first, last = math.max(from + 1, 1), math.min(from + CHANGED, #bytes)
  if last < first then
    return bytes
  end
  local changed = bytes:sub(first, last):gsub(".", function(char)
    return string.char(255 - char:byte())
  end)
  return bytes:sub(1, first - 1) .. changed .. bytes:sub(last + 1)
end

--- All bytes of a reply's body.
function files.body_of(reply)
  if not reply.file then
    return reply.body
  end
  local file = assert(io.open(reply.file.path, "rb"))
  file:seek("set", reply.file.from)
  local bytes = file:read(reply.file.size) or ""
  file:close()
  return bytes
end

return files
