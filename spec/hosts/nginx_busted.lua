--- Runs busted in a timer of an nginx worker: there it may wait, as a request may.

local ngx = _G.ngx

_G.arg = require "spec.hosts.arguments"()

io.stdout:setvbuf "line" -- what was said before a crash shall be seen

-- busted has the state closed before it exits; here that is under nginx's feet.
local exit = os.exit
os.exit = function(code) -- luacheck: ignore 122
  io.stdout:flush()
  exit(code)
end

assert(ngx.timer.at(0, function()
  local ok, problem = pcall(function()
    require "busted.runner" { standalone = false }
  end)
  if problem ~= nil then -- nil: busted's way to end for tests that failed
    io.stderr:write("nginx: ", tostring(problem), "\n")
  end
  os.exit(ok and 0 or 1)
end))
