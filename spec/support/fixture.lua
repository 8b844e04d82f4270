--- Reads spec/fixtures: whole replies as a server sends them.
-- One line before each reply says where its shape is from; it is cut off before use.

local lfs = require "lfs"

local FOLDER = "spec/fixtures"

local function dechunk(bytes)
  local parts, at = {}, 1
  while true do
    local digits, start = bytes:match("^(%x+)[^\r\n]*\r\n()", at)
    local size = digits and tonumber(digits, 16)
    if not size or size == 0 then
      return table.concat(parts) -- a chunk cut short stays in, as far as it goes
    end
    parts[#parts + 1] = bytes:sub(start, start + size - 1)
    at = start + size + 2
  end
end

local function read_headers(head)
  local headers = {}
  for name, value in head:gmatch "\r\n([^:\r\n]+): *([^\r\n]*)" do
    headers[name:lower()] = value
  end
  return headers
end

--- One fixture: `source` (the first line without its mark), `raw` (what goes over the wire), and
-- that taken apart: `status`, `headers` (names in lower case), `body` (chunks put together),
-- `encoded` (true when the body is still compressed).
local function load(name)
  local file = assert(io.open(("%s/%s.http"):format(FOLDER, name), "rb"))
  local text = file:read "*a"
  file:close()
  local source, raw = text:match "^# ([^\n]+)\n(.*)$"
  assert(source, name .. ": the first line must be '# <source>; <what it is>'")
  local head, body = raw:match "^(HTTP/1%.[01] %d%d%d .-)\r\n\r\n(.*)$"
  assert(head, name .. ": not a whole reply")
  local headers = read_headers(head)
  if headers["transfer-encoding"] == "chunked" then
    body = dechunk(body)
  end
  return {
    source = source,
    raw = raw,
    status = tonumber(head:match "^%S+ (%d+)"),
    headers = headers,
    body = body,
    encoded = headers["content-encoding"] ~= nil,
  }
end

--- The names of all fixtures, sorted.
local function names()
  local found = {}
  for entry in lfs.dir(FOLDER) do
    found[#found + 1] = entry:match "^(.+)%.http$"
  end
  table.sort(found)
  return found
end

--- What there is to find in each fixture: fixture -> operation -> facts.
local function expected()
  local rows = {}
  for _, part in ipairs { "expected_tasks", "expected_errors" } do
    for name, operations in pairs(require("spec.support." .. part)) do
      assert(not rows[name], name .. " has two rows")
      rows[name] = operations
    end
  end
  return rows
end

return { load = load, names = names, expected = expected }
