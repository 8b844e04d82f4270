--- Writes JSON as the service does: ids as bare numbers of any length, empty lists as [].
--
-- Not cjson: it writes an empty list as {}, and no number above 2^53 (Debian's keeps 14 digits).

local json = {}

--- Stands for JSON's null where a member must be there.
json.null = setmetatable({}, { __name = "null" })

local List = {}
local Number = {}

--- Marks a table as an array, so that an empty one is written as [].
function json.list(items)
  return setmetatable(items or {}, List)
end

--- A number given by its digits.
function json.number(digits)
  return setmetatable({ digits = digits }, Number)
end

local ESCAPES = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f",
  ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}

local function escape(char)
  return ESCAPES[char] or ("\\u%04x"):format(char:byte())
end

local function encode_number(value)
  if value % 1 == 0 and math.abs(value) < 2 ^ 53 then
    return ("%.0f"):format(value)
  end
  return ("%.14g"):format(value)
end

local encode

local function encode_list(items)
  local out = {}
  for i, item in ipairs(items) do
    out[i] = encode(item)
  end
  return "[" .. table.concat(out, ",") .. "]"
end

local function encode_object(object)
  local names, out = {}, {}
  for name in pairs(object) do
    names[#names + 1] = name
  end
  table.sort(names) -- the same bytes on every Lua
  for i, name in ipairs(names) do
    out[i] = encode(name) .. ":" .. encode(object[name])
  end
  return "{" .. table.concat(out, ",") .. "}"
end

local function encode_table(value)
  local kind = getmetatable(value)
  if value == json.null then
    return "null"
  elseif kind == Number then
    return value.digits
  elseif kind == List or value[1] ~= nil then
    return encode_list(value)
  end
  return encode_object(value)
end

local encoders = {
  table = encode_table,
  number = encode_number,
  boolean = tostring,
  string = function(value)
    return '"' .. value:gsub('[%c"\\\127]', escape) .. '"'
  end,
}

function encode(value)
  local encoder = encoders[type(value)]
  if not encoder then
    error("cannot write a " .. type(value) .. " as JSON", 2)
  end
  return encoder(value)
end

json.encode = encode

return json
