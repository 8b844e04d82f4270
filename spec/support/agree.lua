--- Do scan.h and cjson find the same in a text?

local cjson = require "cjson.safe"

local TEXT_SIZE = 65536
local NAME_MAX = 60 -- bytes; longer names with escapes in them are not looked for
local EPSILON = 1e-13 -- scan.h computes numbers digit by digit

local check

local function expect(condition, where, value, scanned)
  if not condition then
    error(("at %s: cjson has %s, scan has %s %s"):format(
      where, tostring(value), scanned:type(), scanned:raw()), 0)
  end
end

local function check_number(scanned, value, where)
  local number = scanned:number(-7)
  local is_near = number == value
    or math.abs(number - value) <= EPSILON * math.max(math.abs(value), 1e-290)
  expect(scanned:type() == "number" and is_near, where, value, scanned)
end

local function check_string(scanned, value, where)
  local is_long_number = scanned:type() == "number" and scanned:raw() == value
  expect(is_long_number or scanned:type() == "string", where, value, scanned)
  expect(scanned:text(TEXT_SIZE) == value, where, value, scanned)
end

local function check_array(scanned, value, where)
  local elements = scanned:elements()
  expect(#elements == #value, where, value, scanned)
  for i, element in ipairs(elements) do
    check(element, value[i], where .. "[" .. i .. "]")
  end
end

-- Names are C strings for scan.h, so those with a NUL in them cannot be asked for.
local function check_object(scanned, value, where)
  for name, member in pairs(value) do
    if #name <= NAME_MAX and not name:find("%z") then
      check(scanned:get(name), member, where .. "." .. name)
    end
  end
  expect(scanned:get("no such name"):type() == "none", where, value, scanned)
end

local function check_table(scanned, value, where)
  if scanned:type() == "array" then
    return check_array(scanned, value, where)
  end
  expect(scanned:type() == "object", where, value, scanned)
  return check_object(scanned, value, where)
end

local checks = {
  number = check_number,
  string = check_string,
  table = check_table,
  boolean = function(scanned, value, where)
    expect(scanned:type() == tostring(value), where, value, scanned)
  end,
  userdata = function(scanned, value, where)
    expect(scanned:type() == "null" and value == cjson.null, where, value, scanned)
  end,
}

function check(scanned, value, where)
  local kind = checks[type(value)]
  expect(kind, where, value, scanned)
  kind(scanned, value, where)
end

--- Raises when the two differ.
return function(scanned, value)
  check(scanned, value, "the text")
end
