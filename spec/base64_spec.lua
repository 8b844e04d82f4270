--- Base64 against published texts, both ways.

local base64 = require "kling.base64"
local dice = require "spec.support.dice"

-- Source: RFC 4648, section 10.
local published = {
  [""] = "",
  f = "Zg==",
  fo = "Zm8=",
  foo = "Zm9v",
  foob = "Zm9vYg==",
  fooba = "Zm9vYmE=",
  foobar = "Zm9vYmFy",
  ["\255\239\190"] = "/+++",
}

describe("base64", function()
  for bytes, text in pairs(published) do
    it(("writes and reads '%s'"):format(text), function()
      assert.equal(text, base64.encode(bytes))
      assert.equal(bytes, base64.decode(text))
    end)
  end

  it("reads what it wrote, for bytes of any kind", function()
    local roll = dice(5)
    for length = 0, 70 do
      local bytes = {}
      for i = 1, length do
        bytes[i] = string.char(roll(256) - 1)
      end
      bytes = table.concat(bytes)
      assert.equal(bytes, base64.decode(base64.encode(bytes)))
    end
  end)

  for _, text in ipairs { "Z", "Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v!", "Zm 9", "Zg==Zg==",
    "Zm9v\n" } do
    it(("does not read '%s'"):format(text:gsub("\n", "\\n")), function()
      assert.is_nil(base64.decode(text))
    end)
  end
end)
