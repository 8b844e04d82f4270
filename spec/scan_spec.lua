--- JSON read in place: what is a text, what is in it, and the same as cjson finds.

local agree = require "spec.support.agree"
local dice = require "spec.support.dice"
local fixture = require "spec.support.fixture"
local json_text = require "spec.support.json_text"
local parts = require "kling_parts"

local MAX_DEPTH = 64
local NOT_THERE = -1

local function nested(open, inside, close, depth)
  return open:rep(depth) .. inside .. close:rep(depth)
end

local well_formed = {
  "{}", "[]", '""', "0", "-0", "1", "-1", "10", "0.5", "-0.25", "1e5", "1E5", "1e+5", "1e-5",
  "0e0", "0E+00", "1.5e300", "1e400", "true", "false", "null", " [ ] ", "\t\r\n {\n}\n",
  '{"a":1}', '{"a":1,"a":2}', '{"":0}', '[[[]]]', '[{},[],"",0,true,false,null]', '"\127"',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u0000"', '"\\uABCD\\uabcd"', '"\\uD800"', '"\\uDC00\\uD800"',
  '"\195\188 \240\159\142\167"', '"\255\254"',
  nested("[", "", "]", MAX_DEPTH), nested('{"a":', "1", "}", MAX_DEPTH),
}

local malformed = {
  "", " ", "\0", "{}\0", "{", "}", "[", "]", "{]", "[}", "[1", "[1,", "[1,]", "[,1]", "[,]",
  "[1,,2]", "[1 2]", "[1:2]", '{"a"}', '{"a":}', '{"a":1,}', '{,"a":1}', '{"a":1 "b":2}',
  '{"a":1,,"b":2}', '{"a"::1}', '{"a",1}', "{a:1}", "{1:1}", "{null:1}", "{'a':1}", "'a'",
  '"', '"a', '"\\"', '"\\', '"\\x"', '"\\a"', '"\\0"', '"\\U0041"', '"\\u"', '"\\u1"', '"\\u12"',
  '"\\u123"', '"\\u123g"', '"\\u 123"', '"\\u-123"', '"a\nb"', '"a\tb"', '"a\0b"', '"\31"', '"a"b',
  '"a""b"', "01", "-01", "00", "-", "--1", "+1", ".5", "-.5", "1.", "1.e5", "1e", "1e+", "1e-",
  "1e1.5", "1.2.3", "0x10", "1_000", "1,5", "1 1", "1a", "Infinity", "-Infinity", "NaN", "nan",
  "t", "tru", "True", "TRUE", "truex", "fals", "nul", "NULL", "nil", "undefined", "none",
  "inf", "{} {}", "{}[]", "[] 1", "null null", "{}x", "x{}", "// a\n{}", "{/* a */}",
  "\239\187\191{}", "<!DOCTYPE html>", "<html></html>", "\31\139\8\0", "data: {}\n\n",
  "{}\11", "\160{}",
  nested("[", "", "]", MAX_DEPTH + 1), nested('{"a":', "1", "}", MAX_DEPTH + 1),
  nested("[", "", "]", 100000), ("["):rep(100000), ('{"a":'):rep(100000),
}

describe("a text", function()
  for i, text in ipairs(well_formed) do
    it(("is well formed: %d %s"):format(i, text:sub(1, 30):gsub("%c", "?")), function()
      local value = parts.scan(text)
      assert.is_truthy(value)
      assert.equal(text:match "^%s*(.-)%s*$", value:raw())
      agree(value, parts.json_decode(text))
    end)
  end

  for i, text in ipairs(malformed) do
    it(("is not well formed: %d %s"):format(i, text:sub(1, 30):gsub("[%c%z]", "?")), function()
      assert.is_nil(parts.scan(text))
    end)
  end

  it("is as cjson reads it, in each fixture", function()
    local count = 0
    for _, name in ipairs(fixture.names()) do
      local body = fixture.load(name).body
      local value = parts.scan(body)
      if value then
        agree(value, parts.json_decode(body))
        count = count + 1
      end
    end
    assert.is_true(count > 100)
  end)

  it("is what was meant, made by dice", function()
    for seed = 1, 1500 do
      local text, expected = json_text.make(dice(seed), 4)
      local scanned = assert(parts.scan(text), "refused: " .. text)
      assert.same(expected, parts.json_decode(text))
      agree(scanned, expected)
    end
  end)

  it("that was spoiled is refused, or still as cjson reads it", function()
    local refused, accepted = 0, 0
    for seed = 1, 6000 do
      local roll = dice(seed)
      local text = json_text.spoil(roll, (json_text.make(roll, 3)))
      local scanned = parts.scan(text)
      if scanned then
        local value, why = parts.json_decode(text)
        assert(value ~= nil, ("cjson refuses what scan takes: %s: %s"):format(text, tostring(why)))
        agree(scanned, value)
        accepted = accepted + 1
      else
        refused = refused + 1
      end
    end
    assert.is_true(refused > 1000 and accepted > 1000)
  end)

  -- Strings are passed over many characters at a time.
  it("has strings of any character but quotes, backslashes and controls", function()
    for at = 0, 40 do
      for code = 0, 255 do
        local inside = ("x"):rep(at) .. string.char(code) .. ("y"):rep(41 - at)
        local value = parts.scan('"' .. inside .. '"')
        local may_be = code >= 32 and code ~= 34 and code ~= 92
        assert(not value == not may_be, ("character %d at %d"):format(code, at))
        assert.equal(may_be and inside or nil, value and value:text(64))
      end
    end
  end)

  it("has numbers of any length, and digits alone in them", function()
    for length = 1, 30 do
      for at = 1, length do
        for _, other in ipairs { "/", ":", "\0", "\185", " ", "x" } do
          local digits = ("1234567890"):rep(3):sub(1, length)
          local spoiled = digits:sub(1, at) .. other .. digits:sub(at + 1) .. "7"
          assert.is_nil(parts.scan(spoiled))
          assert.equal(digits, parts.scan("[" .. digits .. "]"):elements()[1]:raw())
        end
      end
    end
  end)

  it("is refused at every length but the whole", function()
    local body = fixture.load("query-succeed").body:match "^%s*(.-)%s*$"
    for length = 0, #body - 1 do
      assert.is_nil(parts.scan(body:sub(1, length)))
    end
    assert.is_truthy(parts.scan(body))
  end)
end)

describe("a member", function()
  local function get(text, name)
    return parts.scan(text):get(name)
  end

  it("is found by its name", function()
    local text = ' { "a" : 1 , "ab":[2],"b":{"a":3} } '
    assert.equal("1", get(text, "a"):raw())
    assert.equal("[2]", get(text, "ab"):raw())
    assert.equal("3", get(text, "b"):get("a"):raw())
    assert.equal("none", get(text, "c"):type())
    assert.equal("none", get(text, ""):type())
  end)

  it("is the last of those with its name, however written", function()
    assert.equal("2", get('{"a":1,"a":2}', "a"):raw())
    assert.equal("3", get('{"a":1,"\\u0061":3}', "a"):raw())
    assert.equal("4", get('{"\\u0061":3,"a":4}', "a"):raw())
    assert.equal("null", get('{"a":1,"a":null}', "a"):raw())
  end)

  it("may have escapes in its name", function()
    assert.equal("1", get('{"task\\u005fid":1}', "task_id"):raw())
    assert.equal("1", get('{"a\\/b":1}', "a/b"):raw())
    assert.equal("1", get('{"\\"":1}', '"'):raw())
    assert.equal("1", get('{"\\u00fc":1}', "\195\188"):raw())
  end)

  it("of a member is found on the way", function()
    local function both(text)
      local outer, inner = parts.scan_asked(text, "data", "id")
      return { outer:raw(), inner:raw() }
    end
    assert.same({ '{"id":1}', "1" }, both ' { "id" : 0 , "data" : {"id":1} , "b" : {"id":2} }')
    assert.same({ '{"id":1}', "1" }, both '{"d\\u0061ta":{"id":1}}')
    assert.same({ '{"i\\u0064":1}', "1" }, both '{"data":{"i\\u0064":1}}')
    assert.same({ '{"id":1,"id":2}', "2" }, both '{"data":{"id":1,"id":2}}')
    assert.same({ '{"id":2}', "2" }, both '{"data":{"id":1},"data":{"id":2}}')
    assert.same({ "{}", "" }, both '{"data":{"id":1},"data":{}}')
    assert.same({ "null", "" }, both '{"data":{"id":1},"data":null}')
    assert.same({ '[{"id":1}]', "" }, both '{"data":[{"id":1}]}')
    assert.same({ '{"data":{"id":1}}', "" }, both '{"data":{"data":{"id":1}}}')
    assert.same({ "", "" }, both '{"id":1,"a":{"data":{"id":1}}}')
    assert.same({ "", "" }, both '[{"data":{"id":1}}]')
    for _, name in ipairs(fixture.names()) do
      local body = fixture.load(name).body
      local document = parts.scan(body)
      if document then
        local outer, inner = parts.scan_asked(body, "data", "task_status")
        assert.equal(document:get("data"):raw(), outer:raw())
        assert.equal(document:get("data"):get("task_status"):raw(), inner:raw())
      end
    end
  end)

  it("is not one whose name only begins so", function()
    assert.equal("none", get('{"a\\u0000b":1}', "a"):type())
    assert.equal("none", get('{"task_id2":1,"task_i":2,"task\\u005fid2":3}', "task_id"):type())
    local long = ("x"):rep(63)
    assert.equal("none", get('{"' .. long .. '\\u0078":1}', "x"):type())
  end)

  it("is found behind values of every kind", function()
    local text = '{"a":"}\\"","b":[{"z":0},"]"],"c":{"z":1},"d":-1.5e3,"e":true,"f":null,"z":9}'
    assert.equal("9", get(text, "z"):raw())
  end)

  it("is in no array, string, number or nothing", function()
    for _, text in ipairs { "[]", '"a"', "1", "true", "null", '[{"a":1}]' } do
      assert.equal("none", get(text, "a"):type())
    end
    assert.equal("none", get("{}", "a"):get("a"):type())
    assert.same({}, get("{}", "a"):elements())
  end)
end)

describe("an array", function()
  it("is walked from end to end", function()
    local elements = parts.scan(' [ 1 , "]," , [2,3] , {"a":[4]} , null ] '):elements()
    local raw = {}
    for i, element in ipairs(elements) do
      raw[i] = element:raw()
    end
    assert.same({ "1", '"],"', "[2,3]", '{"a":[4]}', "null" }, raw)
  end)

  it("may be empty, and nothing else is one", function()
    for _, text in ipairs { "[]", "[ \n ]", "{}", '{"a":1}', '"[1]"', "1", "null" } do
      assert.same({}, parts.scan(text):elements())
    end
  end)
end)

describe("the text of a value", function()
  local function text_of(text, size)
    return parts.scan(text):text(size or 100)
  end

  it("is a string's characters", function()
    assert.equal("a\"\\/\b\f\n\r\tz", text_of '"a\\"\\\\\\/\\b\\f\\n\\r\\tz"')
    local headphones = "\240\159\142\167"
    assert.equal("A\195\188" .. headphones, text_of '"\\u0041\\u00FC\\uD83C\\uDFA7"')
    assert.equal("\226\130\172", text_of '"\\u20ac"')
    assert.equal("\0a", text_of '"\\u0000a"')
    assert.equal("\255\254", text_of '"\255\254"')
  end)

  it("is U+FFFD for each half of a pair", function()
    local bad = "\239\191\189"
    for text, expected in pairs {
      ['"\\uD800"'] = bad, ['"\\uDC00"'] = bad, ['"\\uDBFFx"'] = bad .. "x",
      ['"\\uD800\\uD800"'] = bad .. bad, ['"\\uDC00\\uD800"'] = bad .. bad,
      ['"\\uD800\\n"'] = bad .. "\n", ['"\\uD800\\u0041"'] = bad .. "A",
      ['"\\uD800\\uD83C\\uDFA7"'] = bad .. "\240\159\142\167",
    } do
      assert.equal(expected, text_of(text))
    end
  end)

  it("is a number's digits as they stand", function()
    for _, digits in ipairs { "878106242831892487", "-0", "1.50", "1E5", ("9"):rep(60) } do
      assert.equal(digits, text_of(digits))
    end
  end)

  it("is nothing for the rest, and for a number that does not fit", function()
    for _, text in ipairs { "true", "false", "null", "{}", "[]", '""' } do
      assert.equal("", text_of(text))
    end
    assert.equal("1234", text_of("1234", 5))
    assert.equal("", text_of("1234", 4))
    assert.equal("", parts.scan("{}"):get("a"):text(10))
  end)

  it("is cut to its place, never inside a character", function()
    local text = '"a\195\188\\u20ac\240\159\142\167\\uD83C\\uDFA7z"'
    local whole = text_of(text)
    local ends = { [0] = 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10, 10, 14, 15, 15, 15 }
    for room = 0, #ends do
      assert.equal(whole:sub(1, ends[room]), text_of(text, room + 1))
    end
  end)
end)

describe("the number of a value", function()
  local function number_of(text)
    return parts.scan(text):number(NOT_THERE)
  end

  it("is a number's", function()
    for text, number in pairs {
      ["0"] = 0, ["5"] = 5, ["-5.25"] = -5.25, ["1773367502225"] = 1773367502225, ["1e3"] = 1000,
      ["25e-2"] = 0.25, ["1.5E+2"] = 150, ["0e999"] = 0, ["1e-999"] = 0,
    } do
      assert.equal(number, number_of(text))
    end
    assert.equal(math.huge, number_of "1e999")
    assert.equal(-math.huge, number_of "-1e99999999999999999999")
    assert.near(5.041, number_of "5.041", 1e-12)
  end)

  it("is that of a string that holds one", function()
    assert.near(5.041, number_of '"5.041"', 1e-12)
    assert.equal(5, number_of '" 5 "')
    assert.equal(-7, number_of '"-7"')
  end)

  it("is not there for all else", function()
    for _, text in ipairs {
      '""', '"x"', '"5s"', '"0x10"', '"nan"', '"1,5"', '"[5]"', '"null"', '"\\u0035"', '"\\"5\\""',
      "true", "null", "{}", "[5]",
    } do
      assert.equal(NOT_THERE, number_of(text))
    end
  end)
end)
