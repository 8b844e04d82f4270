--- Wraps bytes as gzip (RFC 1952) without making them smaller: for trying out decoders.

local gzip = {}

local function xor(a, b)
  local result, bit = 0, 1
  while a > 0 or b > 0 do
    local low_a, low_b = a % 2, b % 2
    if low_a ~= low_b then
      result = result + bit
    end
    a, b, bit = (a - low_a) / 2, (b - low_b) / 2, bit * 2
  end
  return result
end

local function table_entry(index)
  local value = index
  for _ = 1, 8 do
    local odd = value % 2
    value = (value - odd) / 2
    if odd == 1 then
      value = xor(value, 0xEDB88320)
    end
  end
  return value
end

local entries = {}

local function crc32(bytes)
  local crc = 0xFFFFFFFF
  for i = 1, #bytes do
    local index = xor(crc % 256, bytes:byte(i))
    entries[index] = entries[index] or table_entry(index)
    crc = xor((crc - crc % 256) / 256, entries[index])
  end
  return 0xFFFFFFFF - crc
end

local function little_endian(value, size)
  local out = {}
  for i = 1, size do
    out[i] = string.char(value % 256)
    value = math.floor(value / 256)
  end
  return table.concat(out)
end

local LARGEST = 65535 -- of a stored block

local function stored(bytes, is_last)
  return string.char(is_last and 1 or 0)
    .. little_endian(#bytes, 2)
    .. little_endian(LARGEST - #bytes, 2)
    .. bytes
end

--- The bytes as one gzip member of stored blocks.
function gzip.wrap(bytes)
  local out = { "\31\139\8\0\0\0\0\0\0\255" }
  for at = 1, math.max(#bytes, 1), LARGEST do
    local block = bytes:sub(at, at + LARGEST - 1)
    out[#out + 1] = stored(block, at + LARGEST > #bytes)
  end
  out[#out + 1] = little_endian(crc32(bytes), 4)
  out[#out + 1] = little_endian(#bytes, 4)
  return table.concat(out)
end

return gzip
