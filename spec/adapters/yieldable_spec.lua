--- Whether a coroutine can be paused, asked where Lua knows and where one has to look.

local places = require "spec.adapters.places"

-- The module as it is where `coroutine` has no isyieldable.
local function load_without_isyieldable()
  local isyieldable = rawget(coroutine, "isyieldable")
  rawset(coroutine, "isyieldable", nil)
  local module = dofile "lua/kling/adapters/yieldable.lua"
  rawset(coroutine, "isyieldable", isyieldable)
  return module
end

local modules = {
  ["as it is"] = require "kling.adapters.yieldable",
  ["by looking"] = load_without_isyieldable(),
}

-- Does a yield from this place come through?
local function can_yield_in(call_inside)
  local is_through = false
  local thread = coroutine.create(function()
    call_inside(coroutine.yield)
    is_through = true
  end)
  coroutine.resume(thread)
  if coroutine.status(thread) == "suspended" then
    coroutine.resume(thread)
  end
  return is_through
end

-- What the module says in this place, in a coroutine.
local function said_in(module, call_inside)
  local said
  coroutine.wrap(function()
    call_inside(function()
      said = module.here()
    end)
  end)()
  return said
end

for title, module in pairs(modules) do
  describe("yieldable " .. title, function()
    it("knows a coroutine from the main thread", function()
      assert.is_false(module.in_coroutine())
      assert.is_true(coroutine.wrap(module.in_coroutine)())
    end)

    it("says no on the main thread", function()
      assert.is_false(module.here())
    end)

    it("says yes in a coroutine, and deeper in it", function()
      local function deeper(n)
        local answer = n == 0 and module.here() or n > 0 and deeper(n - 1)
        return answer
      end
      assert.is_true(coroutine.wrap(function()
        local answer = module.here()
        return answer
      end)())
      assert.is_true(coroutine.wrap(function()
        local answer = deeper(3)
        return answer
      end)())
    end)

    for place, call_inside in pairs(places) do
      it("tells the truth inside of " .. place, function()
        assert.equal(can_yield_in(call_inside), said_in(module, call_inside))
      end)
    end
  end)
end
