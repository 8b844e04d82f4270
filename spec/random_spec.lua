--- Bytes nobody can guess. That nobody can is the system's promise; this is about the rest.

local core = require "kling.core"
local parts = require "kling_parts"

describe("random bytes", function()
  it("are as many as asked for", function()
    for _, count in ipairs { 0, 1, 15, 16, 17, 4096 } do
      assert.equal(count, #parts.random_bytes(count))
    end
  end)

  it("take all values", function()
    local seen, kinds = {}, 0
    for byte in parts.random_bytes(16384):gmatch "." do
      kinds = kinds + (seen[byte] and 0 or 1)
      seen[byte] = true
    end
    assert.is_true(kinds > 200) -- all 256, but for chance
  end)

  it("are never the same twice", function()
    assert.not_equal(parts.random_bytes(16), parts.random_bytes(16))
  end)
end)

describe("a UUID", function()
  it("is of version 4, in small letters (RFC 9562)", function()
    local hex = "%x"
    local form = ("^%s%%-%s%%-4%s%%-[89ab]%s%%-%s$"):format(
      hex:rep(8), hex:rep(4), hex:rep(3), hex:rep(3), hex:rep(12))
    for _ = 1, 200 do
      local uuid = core.uuid()
      assert.truthy(uuid:match(form), uuid)
      assert.equal(uuid:lower(), uuid)
    end
  end)

  it("is never the same twice", function()
    local seen = {}
    for _ = 1, 2000 do
      local uuid = core.uuid()
      assert.is_nil(seen[uuid])
      seen[uuid] = true
    end
  end)
end)
