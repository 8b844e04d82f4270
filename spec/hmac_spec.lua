--- HMAC-SHA256 against published digests, and the comparison of what comes out of it.

local core = require "kling.core"

-- Source: RFC 4231, section 4: key, data, digest.
local published = {
  { ("\11"):rep(20), "Hi There",
    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
  { "Jefe", "what do ya want for nothing?",
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
  { ("\170"):rep(20), ("\221"):rep(50),
    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
  { ("\170"):rep(131), "Test Using Larger Than Block-Size Key - Hash Key First",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
  { ("\170"):rep(131), "This is a test using a larger than block-size key and a larger than "
    .. "block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
}

local function hex(bytes)
  return (bytes:gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end))
end

describe("HMAC-SHA256", function()
  for i, case in ipairs(published) do
    it("gives published digest " .. i, function()
      assert.equal(case[3], hex(core.hmac_sha256(case[1], case[2])))
    end)
  end

  it("takes an empty key and an empty text, and bytes of any kind", function()
    assert.equal(32, #core.hmac_sha256("", ""))
    assert.not_equal(core.hmac_sha256("", "a\0b"), core.hmac_sha256("", "a\0c"))
  end)
end)

describe("core.equal", function()
  it("says whether two texts are the same", function()
    assert.is_true(core.equal("", ""))
    assert.is_true(core.equal("a\0b", "a\0b"))
    assert.is_false(core.equal("a\0b", "a\0c"))
    assert.is_false(core.equal("ab", "abc"))
    assert.is_false(core.equal("abc", ""))
  end)

  it("sees a difference in any place", function()
    local text = ("x"):rep(64)
    for i = 1, #text do
      assert.is_false(core.equal(text, text:sub(1, i - 1) .. "y" .. text:sub(i + 1)))
    end
  end)
end)
