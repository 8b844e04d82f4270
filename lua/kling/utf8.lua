--- Counts characters the way the service is taken to: in Unicode code points.

local M = {}

-- By first byte: length, and the range of the second byte (RFC 3629: no overlong forms, no
-- surrogates, nothing above U+10FFFF).
local function sequence(first)
  if first < 0x80 then
    return 1
  elseif first >= 0xC2 and first <= 0xDF then
    return 2, 0x80, 0xBF
  elseif first >= 0xE0 and first <= 0xEF then
    return 3, first == 0xE0 and 0xA0 or 0x80, first == 0xED and 0x9F or 0xBF
  elseif first >= 0xF0 and first <= 0xF4 then
    return 4, first == 0xF0 and 0x90 or 0x80, first == 0xF4 and 0x8F or 0xBF
  end
end

local function is_in(byte, low, high)
  return byte and byte >= low and byte <= high
end

local function is_sequence(text, at, length, low, high)
  if length > 1 and not is_in(text:byte(at + 1), low, high) then
    return false
  end
  for i = at + 2, at + length - 1 do
    if not is_in(text:byte(i), 0x80, 0xBF) then
      return false
    end
  end
  return true
end

--- How many code points, or nil and the position of the first byte that is not UTF-8.
function M.length(text)
  local count, at = 0, 1
  while at <= #text do
    local length, low, high = sequence(text:byte(at))
    if not length or not is_sequence(text, at, length, low, high) then
      return nil, at
    end
    count = count + 1
    at = at + length
  end
  return count
end

return M
