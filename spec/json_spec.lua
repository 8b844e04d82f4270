--- JSON to and from Lua values: nothing is lost on the way, on any Lua, with any cjson.

local cjson = require "cjson"
local dice = require "spec.support.dice"
local parts = require "kling_parts"

local REPLACEMENT = "\239\191\189" -- U+FFFD

local decode, encode = parts.json_decode, parts.json_encode

local function digits_of(roll, count)
  local digits = { tostring(roll(9)) }
  for i = 2, count do
    digits[i] = tostring(roll(10) - 1)
  end
  return table.concat(digits)
end

describe("a decoded text", function()
  it("has integers of 16 and more digits as strings, with every digit", function()
    local roll = dice(16)
    for count = 16, 25 do
      for _, sign in ipairs { "", "-" } do
        local id = sign .. digits_of(roll, count)
        assert.equal(id, decode(id))
        assert.same({ id, { id = id } }, decode(("[%s, {\"id\":%s}]"):format(id, id)))
      end
    end
  end)

  it("has integers of up to 15 digits as numbers", function()
    local roll = dice(15)
    for count = 1, 15 do
      for _, sign in ipairs { "", "-" } do
        local digits = sign .. digits_of(roll, count)
        assert.equal(tonumber(digits), decode(digits))
      end
    end
  end)

  it("has numbers with a point or an exponent as numbers", function()
    for _, text in ipairs {
      "1.5", "0.1234567890123456789", "1234567890123456789.0", "1234567890123456789.5e-3",
      "12345678901234567890e1", "1e20", "-0.0",
    } do
      assert.equal(tonumber(text), decode(text))
    end
  end)

  it("has as many long integers as there are", function()
    local ids, texts = {}, {}
    for i = 1, 2000 do
      ids[i] = ("%d%015d"):format(8, i)
      texts[i] = ids[i]
    end
    assert.same(ids, decode("[" .. table.concat(texts, ",") .. "]"))
  end)

  it("leaves digits in strings and names alone", function()
    local id = "878106242831892487"
    for _, text in ipairs { id, "\\\\" .. id, "x" .. id, id .. ",", "-" .. id, "[" .. id .. "]" } do
      assert.equal((text:gsub("\\\\", "\\")), decode('"' .. text .. '"'))
    end
    assert.equal('"' .. id, decode('"\\"' .. id .. '"'))
    assert.same({ [id] = "1234567890123456" }, decode('{"' .. id .. '":1234567890123456}'))
  end)

  it("has U+FFFD for half a surrogate pair", function()
    for text, expected in pairs {
      ["\\uD800"] = REPLACEMENT,
      ["\\udfff"] = REPLACEMENT,
      ["a\\uDBFFb"] = "a" .. REPLACEMENT .. "b",
      ["\\uD83C\\uD83C\\uDFA7"] = REPLACEMENT .. "\240\159\142\167",
      ["\\uD83C\\uDFA7\\uDFA7"] = "\240\159\142\167" .. REPLACEMENT,
      ["\\uD800\\\\uDC00"] = REPLACEMENT .. "\\uDC00",
      ["\\\\uD800"] = "\\uD800",
      ["\\\\\\uD800"] = "\\" .. REPLACEMENT,
      ["\\uD7FF\\uE000"] = "\237\159\191\238\128\128",
    } do
      assert.equal(expected, decode('"' .. text .. '"'))
      assert.same({ [expected] = 1 }, decode('{"' .. text .. '":1}'))
    end
  end)

  it("has the last of several members with one name", function()
    assert.same({ a = 3 }, decode '{"a":1,"a":2,"\\u0061":3}')
    assert.same({ a = cjson.null }, decode '{"a":{"b":1},"a":null}')
  end)

  it("is as deep as any that is read", function()
    local depth, value = 0, decode(("["):rep(64) .. ("]"):rep(64))
    while value do
      depth, value = depth + 1, value[1]
    end
    assert.equal(64, depth)
  end)

  it("is nil and a reason when it is none", function()
    for _, text in ipairs { "", "{", "[1,]", '"\\x"', "nope" } do
      local value, why = decode(text)
      assert.is_nil(value)
      assert.is_nil(why) -- one value: the caller has read the text already
    end
  end)
end)

describe("our cjson", function()
  local function forbid_nesting()
    cjson.decode_max_depth(1)
    cjson.encode_max_depth(1)
    finally(function()
      cjson.decode_max_depth(1000)
      cjson.encode_max_depth(1000)
    end)
  end

  it("has settings of its own", function()
    forbid_nesting()
    assert.has_error(function()
      cjson.decode "[[1]]"
    end)
    assert.same({ { 1 } }, decode "[[1]]")
    assert.equal("[[1]]", encode { { 1 } })
  end)

  it("is the same one when the core is loaded again", function()
    local core = package.loaded["kling.core"]
    package.loaded["kling.core"] = nil
    finally(function()
      package.loaded["kling.core"] = core
    end)
    assert.is_table(require "kling.core")
    assert.same({ 1 }, decode "[1]")
  end)
end)

describe("an encoded value", function()
  it("is read back as it was", function()
    local roll = dice(8)
    local bytes = {}
    for i = 1, 200 do
      bytes[i] = string.char(roll(127))
    end
    local value = {
      video_url = "https://example.com/a?b=c&d=\"e\"\\",
      sound_effect_prompt = "\195\188\240\159\142\167\n" .. table.concat(bytes),
      external_task_id = "878106242831892487",
      asmr_mode = true,
    }
    assert.same(value, decode(encode(value)))
    assert.equal("false", encode(false))
  end)

  it("raises for what JSON cannot say", function()
    for _, value in ipairs { print, { print }, { [{}] = 1 }, { nan = 0 / 0 } } do
      local ok, why = pcall(encode, value)
      assert.is_false(ok)
      assert.truthy(tostring(why):find("cannot be written as JSON", 1, true), why)
    end
  end)
end)
