--- Names, types, ranges, and whom a mistake is blamed on.

local options = require "kling.options"

local rules = {
  api_key = { type = "string" },
  base_url = { type = "string", default = "https://example.com" },
  poll_interval = { type = "number", above = 0, max = 86400, default = 3 },
  first_poll = { type = "number", min = 0 },
  max_running = { type = "number", integer = true, min = 1, max = 1000 },
  loop = { type = "string or table" },
  on_change = { type = "function" },
  overwrite = { type = "boolean", default = false },
  colour = {
    type = "string",
    check = function(value)
      return value ~= "red" and "'red' expected" or nil
    end,
  },
}

-- The function that a program calls; its caller is to blame.
local function public(given)
  local checked = options.check(given, rules, "make")
  return checked
end

local function complaint(given)
  local ok, why = pcall(function()
    public(given)
  end)
  assert.is_false(ok)
  return why:match "^[^:]+:%d+: (.*)$" or why
end

describe("options", function()
  it("are copied, and filled in with defaults", function()
    local given = { api_key = "key", poll_interval = 5 }
    local checked = public(given)
    assert.same({
      api_key = "key", poll_interval = 5, base_url = "https://example.com", overwrite = false,
    }, checked)
    assert.not_equal(given, checked)
    assert.same({ api_key = "key", poll_interval = 5 }, given)
  end)

  it("may be none at all", function()
    local defaults = { base_url = "https://example.com", poll_interval = 3, overwrite = false }
    assert.same(defaults, public(nil))
    assert.same(defaults, public {})
  end)

  it("are in a table", function()
    for _, given in ipairs { "text", 5, true, print } do
      assert.equal("make: table expected, got " .. type(given), complaint(given))
    end
    assert.equal("make: table expected, got boolean", complaint(false))
  end)

  it("have names that are known, and a near one is proposed", function()
    for wrong, right in pairs {
      apikey = "api_key", API_KEY = "api_key", ["api-key"] = "api_key", baseurl = "base_url",
      poll_intervall = "poll_interval", overwite = "overwrite", fist_poll = "first_poll",
      color = "colour", lop = "loop", maxrunning = "max_running",
    } do
      assert.equal(
        ("make: unknown field '%s'; did you mean '%s'?"):format(wrong, right),
        complaint { [wrong] = 1 })
    end
  end)

  it("have no proposal where none is near", function()
    for _, wrong in ipairs { "x", "frobnicate", "timeout_in_seconds", "" } do
      assert.equal(("make: unknown field '%s'"):format(wrong), complaint { [wrong] = 1 })
    end
    assert.equal("make: unknown field '1'", complaint { "positional" })
    assert.equal("make: unknown field 'true'", complaint { [true] = 1 })
  end)

  it("have the type that is asked for", function()
    assert.equal("make: api_key: string expected, got number", complaint { api_key = 5 })
    assert.equal("make: overwrite: boolean expected, got string", complaint { overwrite = "yes" })
    assert.equal("make: first_poll: number expected, got string", complaint { first_poll = "5" })
    assert.equal("make: on_change: function expected, got table", complaint { on_change = {} })
    assert.equal("make: loop: string or table expected, got number", complaint { loop = 5 })
    assert.equal("luv", public({ loop = "luv" }).loop)
    assert.is_table(public({ loop = {} }).loop)
  end)

  it("have a value in range", function()
    for text, given in pairs {
      ["poll_interval: more than 0 expected, got 0"] = { poll_interval = 0 },
      ["poll_interval: at most 86400 expected, got 86401"] = { poll_interval = 86401 },
      ["first_poll: at least 0 expected, got -1"] = { first_poll = -1 },
      ["max_running: at least 1 expected, got 0"] = { max_running = 0 },
      ["max_running: at most 1000 expected, got 1001"] = { max_running = 1001 },
      ["max_running: a whole number expected, got 1.5"] = { max_running = 1.5 },
      ["poll_interval: at most 86400 expected, got inf"] = { poll_interval = math.huge },
      ["max_running: a whole number expected, got inf"] = { max_running = math.huge },
    } do
      assert.equal("make: " .. text, complaint(given))
    end
    assert.equal(0, public({ first_poll = 0 }).first_poll)
    assert.equal(math.huge, public({ first_poll = math.huge }).first_poll)
    assert.equal(86400, public({ poll_interval = 86400 }).poll_interval)
    assert.equal(1000, public({ max_running = 1000 }).max_running)
  end)

  it("are never nan", function()
    local nan = 0 / 0
    for _, name in ipairs { "poll_interval", "first_poll", "max_running" } do
      local text = ("make: %s: a number expected, got nan"):format(name)
      assert.equal(text, complaint { [name] = nan })
    end
  end)

  it("may have a check of their own", function()
    assert.equal("make: colour: 'red' expected", complaint { colour = "blue" })
    assert.equal("red", public({ colour = "red" }).colour)
  end)

  it("blame the caller's line", function()
    local line
    local ok, why = pcall(function()
      line = debug.getinfo(1, "l").currentline + 1
      public { apikey = "key" }
    end)
    assert.is_false(ok)
    assert.equal(("spec/options_spec.lua:%d:"):format(line), why:match "^[%./]*(spec/.-:%d+:)")
  end)

  it("blame whom they are told to", function()
    local function inner(given)
      local checked = options.check(given, rules, "make", 4)
      return checked
    end
    local function outer(given)
      local checked = inner(given)
      return checked
    end
    local line
    local _, why = pcall(function()
      line = debug.getinfo(1, "l").currentline + 1
      outer { overwrite = 5 }
    end)
    assert.equal(("spec/options_spec.lua:%d:"):format(line), why:match "^[%./]*(spec/.-:%d+:)")
  end)
end)

describe("the nearest name", function()
  it("is the first in the alphabet of those as near", function()
    assert.equal("bat", options.nearest("xat", { cat = 1, bat = 1, rat = 1 }))
  end)

  it("is at most two letters away, or a third of a long name", function()
    assert.equal("format", options.nearest("formats", { format = 1 }))
    assert.equal("abc", options.nearest("xyc", { abc = 1 }))
    assert.is_nil(options.nearest("xyz", { abc = 1 }))
    assert.equal("poll_interval", options.nearest("polling_intervals", { poll_interval = 1 }))
    assert.is_nil(options.nearest("anything", {}))
  end)

  it("is a hint, or no word at all", function()
    assert.equal("; did you mean 'mp3'?", options.hint("mp4", { mp3 = true }))
    assert.equal("", options.hint("flac", { mp3 = true }))
    assert.equal("", options.hint(5, { mp3 = true }))
    assert.equal("", options.hint(nil, { mp3 = true }))
  end)
end)
