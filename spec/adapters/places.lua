--- Places where Lua calls what is called: each calls f from inside of it. What comes of that is in
--- f's own variables.

return {
  ["pcall"] = function(f)
    assert(pcall(f))
  end,
  ["require"] = function(f)
    package.preload["spec.place"] = function()
      f()
      return true
    end
    package.loaded["spec.place"] = nil -- where f raised, there is something left of it
    require "spec.place"
  end,
  ["__index"] = function(f)
    return setmetatable({}, {
      __index = function()
        f()
        return true
      end,
    }).field
  end,
  ["__tostring"] = function(f)
    return tostring(setmetatable({}, {
      __tostring = function()
        f()
        return ""
      end,
    }))
  end,
  ["table.sort"] = function(f)
    local is_done = false
    table.sort({ 2, 1 }, function(a, b)
      if not is_done then
        is_done = true
        f()
      end
      return a < b
    end)
  end,
  ["string.gsub"] = function(f)
    return (("x"):gsub("x", function()
      f()
    end))
  end,
  ["for"] = function(f)
    local function iterator(_, last)
      if not last then
        f()
        return 1
      end
    end
    for _ in iterator do -- luacheck: ignore 512
    end
  end,
}
