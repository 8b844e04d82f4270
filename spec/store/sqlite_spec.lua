--- The store in a file.

local contract = require "spec.store.contract"
local races = require "spec.store.races"
local scratch = require "spec.support.scratch"
local store = require "kling.store"

local folder = scratch.new()
local path = folder .. "/tasks.db"

teardown(function()
  scratch.remove(folder)
end)

describe("a store in SQLite", function()
  contract(function(options)
    return store.open("sqlite:" .. path, options)
  end)

  it("renews without reading what has ended", function()
    local opened = assert(store.open("sqlite:" .. path))
    assert(opened:add { external_task_id = "one", request = {} })
    local connection, statements = opened.connection, {}
    for _, name in ipairs { "rows", "change" } do
      local work = connection[name]
      connection[name] = function(self, sql, ...)
        statements[#statements + 1] = sql:find "tasks" and sql or nil
        return work(self, sql, ...)
      end
    end
    assert(opened:renew())
    local count = #statements
    assert.is_true(count > 0)
    for i = 1, count do
      local plan = connection:rows("EXPLAIN QUERY PLAN " .. statements[i]:gsub("%?", "0"))[1]
      assert.matches("USING.* INDEX tasks_pending", plan.detail)
    end
    opened:close()
  end)

  races("sqlite:" .. folder .. "/races.db")
end)
