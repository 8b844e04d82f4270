--- Which adapter a client gets: named, given, or found by looking at what is loaded.

local adapters = require "kling.adapters"

describe("adapters", function()
  local kept_loaded, kept_globals

  -- As if nothing but what a test puts there were loaded.
  before_each(function()
    kept_loaded, kept_globals = {}, {}
    for _, name in ipairs { "cqueues", "copas", "luv" } do
      kept_loaded[name] = package.loaded[name] or false
      package.loaded[name] = nil
    end
    for _, name in ipairs { "ngx", "vim", "love" } do
      kept_globals[name] = _G[name] or false
      _G[name] = nil
    end
  end)

  after_each(function()
    for name, value in pairs(kept_loaded) do
      package.loaded[name] = value or nil
    end
    for name, value in pairs(kept_globals) do
      _G[name] = value or nil
    end
  end)

  it("take a table with pause as it is", function()
    local mine = { pause = print }
    assert.is_nil(adapters.check(mine))
    assert.equal(mine, adapters.find(mine))
  end)

  it("refuse what cannot be one", function()
    assert.matches("pause", adapters.check {})
    assert.matches("pause", adapters.check { pause = true })
    assert.matches("did you mean 'cqueues'", adapters.check "cqueue")
    assert.matches("unknown adapter 'xyzzyx'$", adapters.check "xyzzyx")
  end)

  it("are found by name", function()
    assert.is_nil(adapters.check "blocking")
    assert.equal(require "kling.adapters.blocking", adapters.find "blocking")
  end)

  it("load no loop when none is there", function()
    assert.equal(require "kling.adapters.blocking", adapters.find(nil))
    for _, name in ipairs { "cqueues", "copas", "luv" } do
      assert.is_nil(package.loaded[name])
    end
  end)

  it("see a loop that is loaded", function()
    local adapter = "kling.adapters.cqueues"
    local had = package.loaded[adapter]
    local mark = { pause = print }
    package.loaded[adapter] = mark
    package.loaded.cqueues = {}
    local found = adapters.find(nil)
    package.loaded[adapter] = had
    assert.equal(mark, found)
  end)

  it("do not take a stranger's global for a host", function()
    _G.ngx, _G.vim, _G.love = true, {}, "all you need"
    assert.equal(require "kling.adapters.blocking", adapters.find(nil))
  end)
end)
