--- Bytes that grow, up to a ceiling.

local dice = require "spec.support.dice"
local parts = require "kling_parts"

local NO_CEILING = 0

describe("a buffer", function()
  it("holds what was appended, NULs and all, and one NUL behind it", function()
    local buf = parts.buf(NO_CEILING)
    local roll = dice(1)
    local expected = {}
    for i = 1, 300 do
      expected[i] = string.char(roll(256) - 1):rep(roll(400) - 1)
      assert.is_true(buf:append(expected[i]))
    end
    local content, room, is_terminated = buf:content()
    assert.equal(table.concat(expected), content)
    assert.is_true(room > #content)
    assert.is_true(is_terminated)
  end)

  it("is empty at first, and may be appended nothing", function()
    local buf = parts.buf(NO_CEILING)
    assert.same({ "", 0, true }, { buf:content() })
    assert.is_true(buf:append "")
    assert.equal("", (buf:content()))
  end)

  it("takes what its ceiling allows, and not a byte more", function()
    local buf = parts.buf(10)
    assert.is_true(buf:append "1234567890")
    assert.is_false(buf:append "x")
    assert.is_true(buf:append "")
    assert.equal("1234567890", (buf:content()))
  end)

  it("appends nothing of what does not fit", function()
    local buf = parts.buf(10)
    assert.is_true(buf:append "12345")
    assert.is_false(buf:append "678901")
    assert.is_false(buf:append(("x"):rep(11)))
    assert.equal("12345", (buf:content()))
    assert.is_true(buf:append "67890")
  end)

  it("keeps its memory when reset, unless that is more than asked for", function()
    local buf = parts.buf(NO_CEILING)
    buf:append(("x"):rep(5000))
    local _, room = buf:content()
    buf:reset(room)
    assert.same({ "", room }, { (buf:content()), (select(2, buf:content())) })
    buf:append "again"
    buf:reset(room - 1)
    assert.same({ "", 0, true }, { buf:content() })
    assert.is_true(buf:append "and again")
    assert.equal("and again", (buf:content()))
  end)

  it("has its NUL where the content ends, also among older bytes", function()
    local buf = parts.buf(NO_CEILING)
    buf:append(("x"):rep(100))
    buf:reset(1e6)
    buf:append "short"
    local content, _, is_terminated = buf:content()
    assert.equal("short", content)
    assert.is_true(is_terminated)
  end)

  it("gives its content away once", function()
    local buf = parts.buf(NO_CEILING)
    buf:append "all\0of it"
    assert.equal("all\0of it", buf:take())
    assert.equal("", buf:take())
    assert.is_true(buf:append "new")
    assert.equal("new", (buf:content()))
  end)

  it("can be freed twice and used after", function()
    local buf = parts.buf(NO_CEILING)
    buf:append "old"
    buf:free()
    buf:free()
    assert.is_true(buf:append "new")
    assert.equal("new", (buf:content()))
  end)
end)
