--- Where a coroutine can be paused and where it cannot, as specs. In the second kind of place wait
--- fails with "not_yieldable"; nowhere does anything die of an "attempt to yield across ...".

local assert = require "luassert"
local busted = require "busted"

local places = require "spec.adapters.places"
local quick = require "spec.support.quick"

local YES, NO = "waits", "not_yieldable"

-- What each Lua can do, found by trying; the reference manuals agree.
local EXPECTED = {
  ["Lua 5.1"] = { pcall = NO, __index = NO, __tostring = NO, ["for"] = NO },
  ["Lua 5.2"] = { pcall = YES, __index = YES, __tostring = NO, ["for"] = YES },
  ["Lua 5.3"] = { pcall = YES, __index = YES, __tostring = NO, ["for"] = YES },
  ["Lua 5.4"] = { pcall = YES, __index = YES, __tostring = NO, ["for"] = YES },
  ["LuaJIT"] = { pcall = YES, __index = YES, __tostring = YES, ["for"] = YES },
}

-- Nothing can be paused while C waits for what it called.
for _, row in pairs(EXPECTED) do
  row["require"], row["table.sort"], row["string.gsub"] = NO, NO, NO
end

local function expected_at(host, place)
  if not host.sleep then
    return YES -- who blocks needs nobody's leave
  end
  return EXPECTED[_G.jit and "LuaJIT" or _VERSION][place]
end

return function(context)
  for place, call_inside in pairs(places) do
    local expected = expected_at(context.host, place)
    busted.it(("wait inside of %s: %s"):format(place, expected), function()
      local client = context.client()
      local job = client:submit(quick.CLIP)
      local result, failure, later
      context.run {
        function()
          call_inside(function()
            local _
            result, _, failure = client:wait(job, quick.PATIENCE)
          end)
          later = client:wait(job, quick.PATIENCE)
        end,
      }
      assert.equal(expected, result and "waits" or failure.code)
      assert.is_table(later)
      if failure then
        assert.is_true(#failure.hint > 10)
      end
    end)
  end
end
