--- Counting code points, and refusing what is not UTF-8.

local utf8 = require "kling.utf8"

-- Source: RFC 3629, section 4; its table of well-formed sequences, both ends of each row.
local edges = {
  "\0", "\127",
  "\194\128", "\223\191",
  "\224\160\128", "\224\191\191",
  "\225\128\128", "\236\191\191",
  "\237\128\128", "\237\159\191",
  "\238\128\128", "\239\191\191",
  "\240\144\128\128", "\240\191\191\191",
  "\241\128\128\128", "\243\191\191\191",
  "\244\128\128\128", "\244\143\191\191",
}

-- Each with the place of the first byte of what is ill-formed.
local ill_formed = {
  ["a lone continuation byte"] = { "\128", "\191", "\128\128" },
  ["an overlong form of two bytes"] = { "\192\128", "\192\175", "\193\191" },
  ["an overlong form of three bytes"] = { "\224\128\128", "\224\159\191" },
  ["an overlong form of four bytes"] = { "\240\128\128\128", "\240\143\191\191" },
  ["a surrogate"] = { "\237\160\128", "\237\175\191", "\237\176\128", "\237\191\191" },
  ["a pair of surrogates"] = { "\237\160\189\237\184\128" },
  ["more than U+10FFFF"] = {
    "\244\144\128\128", "\244\191\191\191", "\245\128\128\128", "\247\191\191\191",
  },
  ["a form of five or six bytes"] = { "\248\136\128\128\128", "\252\132\128\128\128\128" },
  ["a byte that never occurs"] = { "\254", "\255", "\192", "\193", "\245" },
  ["a sequence cut short"] = {
    "\194", "\223", "\224", "\224\160", "\237\159", "\239\191", "\240", "\240\144", "\240\144\128",
    "\244\143\191",
  },
  ["a sequence cut short by a letter"] = {
    "\194a", "\224\160a", "\224a\128", "\240\144\128a", "\240\144a\128", "\240a\128\128",
  },
  ["a sequence cut short by another"] = {
    "\194\194\128", "\226\130\226\130\172", "\240\159\240\159\142\167",
  },
}

describe("UTF-8", function()
  it("is counted in code points", function()
    for text, count in pairs {
      [""] = 0, abc = 3, ["a\0b"] = 3, ["\195\188"] = 1, ["e\204\129"] = 2, ["\226\130\172"] = 1,
      ["\240\159\142\167"] = 1, ["\240\159\145\169\226\128\141\240\159\154\128"] = 3,
    } do
      assert.equal(count, utf8.length(text))
    end
  end)

  it("goes to both ends of each range", function()
    for _, text in ipairs(edges) do
      assert.equal(1, utf8.length(text))
      assert.equal(3, utf8.length("a" .. text .. "z"))
    end
    assert.equal(#edges, utf8.length(table.concat(edges)))
  end)

  for name, texts in pairs(ill_formed) do
    it("is not " .. name, function()
      for _, text in ipairs(texts) do
        assert.same({ nil, 1, n = 2 }, { n = 2, utf8.length(text) })
        assert.same({ nil, 4, n = 2 }, { n = 2, utf8.length("a\195\188" .. text .. "z") })
      end
    end)
  end

  it("has exactly the code points there are, in two bytes and in three", function()
    local two, three = 0, 0
    for first = 0x80, 0xFF do
      for second = 0x80, 0xBF do
        two = two + (utf8.length(string.char(first, second)) == 1 and 1 or 0)
        three = three + (utf8.length(string.char(first, second, 0x80)) == 1 and 1 or 0)
      end
    end
    assert.equal(0x800 - 0x80, two)
    assert.equal((0x10000 - 0x800 - 0x800) / 0x40, three)
  end)
end)
