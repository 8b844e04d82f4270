--- Base64 (RFC 4648, section 4), both ways. In arithmetic alone: Lua 5.1 has no bit operations.

local M = {}

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local value_of = {}
for value = 0, 63 do
  value_of[ALPHABET:byte(value + 1)] = value
end

local function digit(value, place)
  local at = math.floor(value / 64 ^ place) % 64 + 1
  return ALPHABET:sub(at, at)
end

--- Bytes as text.
function M.encode(bytes)
  local out = {}
  for at = 1, #bytes, 3 do
    local a, b, c = bytes:byte(at, at + 2)
    local value = a * 65536 + (b or 0) * 256 + (c or 0)
    out[#out + 1] = digit(value, 3) .. digit(value, 2)
      .. (b and digit(value, 1) or "=") .. (c and digit(value, 0) or "=")
  end
  return table.concat(out)
end

local function triple(quad)
  local value = 0
  for i = 1, 4 do
    value = value * 64 + (value_of[quad:byte(i)] or 0) -- "=" counts as 0
  end
  return string.char(math.floor(value / 65536), math.floor(value / 256) % 256, value % 256)
end

--- Text as bytes; nil when it is no whole base64.
function M.decode(text)
  local digits, padding = text:match "^([A-Za-z0-9+/]*)(=?=?)$"
  if not digits or #text % 4 ~= 0 then
    return nil
  end
  local out = {}
  for at = 1, #text, 4 do
    out[#out + 1] = triple(text:sub(at, at + 3))
  end
  local bytes = table.concat(out)
  return bytes:sub(1, #bytes - #padding)
end

return M
