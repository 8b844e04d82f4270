--- Runs busted in a coroutine that every frame resumes, beside those that the specs start.

local love = _G.love
local host = require "spec.hosts.love"

_G.arg = require "spec.hosts.arguments"()

local specs = coroutine.create(function()
  require "busted.runner" { standalone = false }
end)

function love.update()
  host.frame()
  local ok, problem = coroutine.resume(specs)
  if not ok and problem ~= nil then -- nil: busted's way to end for tests that failed
    io.stderr:write("love: ", tostring(problem), "\n")
  end
  if coroutine.status(specs) == "dead" then
    io.stdout:flush()
    love.event.quit(ok and 0 or 1)
  end
end
