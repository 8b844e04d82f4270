--- Counts characters the way the service is taken to: in Unicode code points.

local M = {}

-- First byte, length, and the range of the second byte (RFC 3629: no overlong forms, no
-- surrogates, nothing above U+10FFFF).
local forms = {
  { 0x00, 0x7F, 1 },
  { 0xC2, 0xDF, 2, 0x80, 0xBF },
  { 0xE0, 0xE0, 3, 0xA0, 0xBF },
  { 0xE1, 0xEC, 3, 0x80, 0xBF },
  { 0xED, 0xED, 3, 0x80, 0x9F },
  { 0xEE, 0xEF, 3, 0x80, 0xBF },
  { 0xF0, 0xF0, 4, 0x90, 0xBF },
  { 0xF1, 0xF3, 4, 0x80, 0xBF },
  { 0xF4, 0xF4, 4, 0x80, 0x8F },
}

local function sequence(first)
  for _, form in ipairs(forms) do
    if first >= form[1] and first <= form[2] then
      return form[3], form[4], form[5]
    end
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
  if not text:find "[\128-\255]" then
    return #text -- most are ASCII; the loop below takes 0.1 us a byte
  end
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
