--- Required again, as test runners do, the Lua layer wrapped what it had wrapped before: each
--- close told the event loop once for each time.

describe("kling required twice", function()
  it("tells the event loop once of a close", function()
    local kling
    for _ = 1, 3 do
      for name in pairs(package.loaded) do
        if name:match "^kling" then
          package.loaded[name] = nil
        end
      end
      kling = require "kling"
    end
    local forgets = 0
    local loop = {
      pause = print,
      forget = function()
        forgets = forgets + 1
      end,
    }
    local client = assert(kling.new { api_key = "k", base_url = "https://a", loop = loop })
    client:close()
    client:close()
    assert.equal(1, forgets)
  end)
end)
