--- JSON texts made by dice, each with the value that must be read out of it.

local cjson = require "cjson.safe"

local json_text = {}

local REPLACEMENT = "\239\191\189" -- U+FFFD
local EXACT_DIGITS = 15 -- integers of more are strings
local SPOILERS = '{}[]",:\\u0d8e+-. \0\1\255'

local plain = { '"', "\\", "/", "\b", "\f", "\n", "\r", "\t" }
local escaped = { '\\"', "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t" }
local spaces = { "", "", "", " ", "\n", "\t", "\r\n  " }

-- Two to four bytes: RFC 3629.
local function utf8_of(code)
  local function continuation(shift)
    return string.char(0x80 + math.floor(code / shift) % 0x40)
  end
  if code < 0x80 then
    return string.char(code)
  elseif code < 0x800 then
    return string.char(0xC0 + math.floor(code / 0x40)) .. continuation(1)
  elseif code < 0x10000 then
    return string.char(0xE0 + math.floor(code / 0x1000)) .. continuation(0x40) .. continuation(1)
  end
  return string.char(0xF0 + math.floor(code / 0x40000))
    .. continuation(0x1000) .. continuation(0x40) .. continuation(1)
end

local function escape_of(roll, code)
  return (roll(2) == 1 and "\\u%04x" or "\\u%04X"):format(code)
end

local function not_surrogate(roll)
  local code = roll(0x10000 - 0x800) - 1
  return code < 0xD800 and code or code + 0x800
end

-- Each: the text of a character and what it is.
local characters = {
  function(roll)
    local i = roll(#plain)
    return escaped[i], plain[i]
  end,
  function(roll)
    local code = not_surrogate(roll)
    return escape_of(roll, code), utf8_of(code)
  end,
  function(roll)
    local code = math.max(0x80, not_surrogate(roll))
    return utf8_of(code), utf8_of(code)
  end,
  function(roll)
    local code = 0x10000 + roll(0x100000) - 1
    local above = code - 0x10000
    return escape_of(roll, 0xD800 + math.floor(above / 0x400))
      .. escape_of(roll, 0xDC00 + above % 0x400), utf8_of(code)
  end,
  -- half a pair; what follows is no second half
  function(roll)
    return escape_of(roll, 0xD800 + roll(0x400) - 1) .. "-", REPLACEMENT .. "-"
  end,
  function(roll)
    return "-" .. escape_of(roll, 0xDC00 + roll(0x400) - 1), "-" .. REPLACEMENT
  end,
}

local function make_character(roll)
  if roll(2) == 1 then
    local letter = string.char(96 + roll(26))
    return letter, letter
  end
  return characters[roll(#characters)](roll)
end

local function make_string(roll)
  local text, value = {}, {}
  for i = 1, roll(10) - 1 do
    text[i], value[i] = make_character(roll)
  end
  return '"' .. table.concat(text) .. '"', table.concat(value)
end

local function make_integer(roll)
  local count = roll(25)
  local digits = { roll(3) == 1 and "-" or "", tostring(roll(9)) }
  for _ = 2, count do
    digits[#digits + 1] = tostring(roll(10) - 1)
  end
  local text = table.concat(digits)
  return text, count <= EXACT_DIGITS and tonumber(text) or text
end

local function make_fraction(roll)
  local text = ("%d.%d"):format(roll(100000) - 50000, roll(1000000))
  if roll(2) == 1 then
    text = text .. (roll(2) == 1 and "e" or "E") .. (roll(2) == 1 and "+" or "-") .. roll(20)
  end
  return text, tonumber(text)
end

local function space(roll)
  return spaces[roll(#spaces)]
end

local make

local function make_array(roll, depth)
  local texts, values = {}, {}
  for i = 1, roll(5) - 1 do
    texts[i], values[i] = make(roll, depth - 1)
  end
  return "[" .. table.concat(texts, ",") .. space(roll) .. "]", values
end

local function make_object(roll, depth)
  local texts, values = {}, {}
  for i = 1, roll(5) - 1 do
    local name, key = make_string(roll)
    local text, value = make(roll, depth - 1)
    texts[i] = space(roll) .. name .. space(roll) .. ":" .. text
    values[key] = value -- of several with one name the last
  end
  return "{" .. table.concat(texts, ",") .. space(roll) .. "}", values
end

local words = { "true", "false", "null" }
local word_values = { true, false, cjson.null }

local function make_word(roll)
  local i = roll(#words)
  return words[i], word_values[i]
end

local scalars = { make_string, make_integer, make_fraction, make_word }
local containers = { make_array, make_object }

function make(roll, depth)
  local kinds = depth > 0 and roll(2) == 1 and containers or scalars
  local text, value = kinds[roll(#kinds)](roll, depth)
  return space(roll) .. text .. space(roll), value
end

--- A text and the value it stands for, nested no deeper than `depth`.
json_text.make = make

--- A text with one of its bytes gone, doubled, or another.
function json_text.spoil(roll, text)
  local at, other = roll(#text), roll(#SPOILERS)
  local byte = text:sub(at, at)
  local others = { "", byte .. byte, SPOILERS:sub(other, other) }
  return text:sub(1, at - 1) .. others[roll(#others)] .. text:sub(at + 1)
end

return json_text
