--- SHA-256 against published digests and against the system's own tool.

local core = require "kling.core"
local dice = require "spec.support.dice"
local parts = require "kling_parts"

-- Source: NIST, "SHA-256 examples" and the long message test of FIPS 180-2, appendix B.
local published = {
  { "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  { "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  {
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  },
  {
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
      .. "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
    "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
  },
  { ("a"):rep(1000000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
}

local function random_bytes(roll, count)
  local bytes = {}
  for i = 1, count do
    bytes[i] = string.char(roll(256) - 1)
  end
  return table.concat(bytes)
end

local function pieces_of(text, roll, largest)
  local pieces, at = {}, 1
  while at <= #text do
    local count = roll(largest) - 1 -- a piece may be empty
    pieces[#pieces + 1] = text:sub(at, at + count - 1)
    at = at + count
  end
  return pieces
end

local function system_digest(bytes)
  local path = os.tmpname()
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
  local pipe = assert(io.popen("sha256sum " .. path))
  local digest = pipe:read "*a":match "^\\?(%x+)"
  pipe:close()
  os.remove(path)
  return digest
end

describe("SHA-256", function()
  for i, case in ipairs(published) do
    it("gives published digest " .. i, function()
      assert.equal(case[2], core.sha256(case[1]))
      assert.equal(case[2], parts.sha256 { case[1] })
    end)
  end

  it("agrees with the system's tool on every length around a block, and on long input", function()
    local roll = dice(3)
    for _, count in ipairs { 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 200000 } do
      local bytes = random_bytes(roll, count)
      assert.equal(system_digest(bytes), core.sha256(bytes))
    end
  end)

  it("is the same however the bytes are cut", function()
    local roll = dice(4)
    for _, largest in ipairs { 2, 7, 64, 65, 130, 1000 } do
      local bytes = random_bytes(roll, 1500)
      assert.equal(core.sha256(bytes), parts.sha256(pieces_of(bytes, roll, largest)))
    end
  end)

  it("is the same with and without the processor's own instructions", function()
    local roll = dice(5)
    for count = 0, 20 do
      local blocks = random_bytes(roll, 64 * count)
      assert.equal(parts.sha256_state(blocks, true), parts.sha256_state(blocks, false))
    end
  end)

  it("counts no empty piece", function()
    assert.equal(core.sha256 "abc", parts.sha256 { "", "a", "", "", "bc", "" })
  end)
end)
