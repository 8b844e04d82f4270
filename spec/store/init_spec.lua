--- Opening a store, and what its reference says.

local kling_store = require "kling.store"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local function message_of(...)
  local ok, message = pcall(function(...)
    local opened = kling_store.open(...)
    return opened
  end, ...)
  assert.is_false(ok)
  return message
end

describe("store.open", function()
  it("raises for what is no store's URL, and blames the caller's line", function()
    local wrong = { "tasks.db", "mysql:x", "sqlite:", "sqlite::memory:", "sqlite://tasks.db",
      "postgresql://user:a@b@host/db", "postgresql://user:50%off@host/db" }
    for _, url in ipairs(wrong) do
      assert.matches("^spec/store/init_spec.lua:%d+: store.open: .* expected", message_of(url))
      assert.is_string(kling_store.check_url(url))
    end
    assert.matches("a URL, a string, expected, got nil$", message_of(nil))
    assert.is_nil(kling_store.check_url "sqlite:/a/tasks.db")
    assert.is_nil(kling_store.check_url "postgres:///kling?host=/run/postgresql")
  end)

  it("raises for unknown options", function()
    assert.matches("init_spec.lua:%d+: store.open: unknown field 'leese'; did you mean 'lease'?",
      message_of("sqlite:x", { leese = 1 }))
  end)

  it("never repeats a password", function()
    local problem = kling_store.check_url "postgresql://user:se@cret@host/db"
    assert.is_nil(problem:find "cret")
  end)
end)

describe("the reference of the store", function()
  it("has what a store has, and only that", function()
    local documented, exported = {}, {}
    for name in read("lua/kling/store/meta.lua"):gmatch "\nfunction Store:([%w_]+)%(" do
      documented[name] = true
    end
    local path = os.tmpname()
    os.remove(path)
    local store = assert(kling_store.open("sqlite:" .. path))
    for name, value in pairs(getmetatable(store).__index) do
      exported[name] = type(value) == "function" or nil
    end
    exported.__index = nil
    store:close()
    os.remove(path)
    assert.same(documented, exported)
  end)
end)
