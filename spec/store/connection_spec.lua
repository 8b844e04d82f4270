--- A connection that comes and goes, without a database.

local connection = require "kling.store.connection"

describe("a connection", function()
  local up, connects

  local Raw = {}
  Raw.__index = Raw

  function Raw.autocommit() end

  function Raw.ping()
    return up
  end

  function Raw.close() end

  local function never() end

  local dialect = {
    set_up = never,
    inherit = never,
    connect = function()
      connects = connects + 1
      if up then
        return setmetatable({}, Raw)
      end
      return nil, "server is away"
    end,
  }

  local function work()
    if not up then
      connection.fail "it went away"
    end
    return "done"
  end

  local live

  before_each(function()
    up, connects = true, 0
    live = connection.new(dialect, "somewhere")
  end)

  it("is made when it is needed, once", function()
    assert.equal(0, connects)
    assert.equal("done", live:read(work))
    assert.equal("done", live:read(work))
    assert.equal(1, connects)
  end)

  it("is made again at once when it was lost, and then not for a while", function()
    live:read(work)
    up = false
    for _ = 1, 3 do
      local result, problem = live:read(work)
      assert.same({ nil, "server is away" }, { result, problem })
    end
    assert.equal(2, connects)
    up = true
    repeat
      local result = live:read(work)
    until result == "done"
    assert.equal(3, connects)
  end)

  it("lets nobody in who comes in the midst of a call, as finalizers do", function()
    local inner
    assert.equal("done", live:read(function()
      inner = { live:read(work) }
      live:close()
      return live.raw and "done"
    end))
    assert.same({ nil, "it is in the midst of another call" }, inner)
    assert.is_nil(live.raw) -- closed when the call was over
  end)

  it("does not hide an error of ours", function()
    assert.has_error(function()
      live:read(function()
        error("a bug", 0)
      end)
    end, "a bug")
    assert.equal("done", live:read(work))
  end)
end)
