--- The store in a PostgreSQL that the spec starts.

local contract = require "spec.store.contract"
local postgresql = require "spec.support.postgresql"
local races = require "spec.store.races"
local store = require "kling.store"

describe("a store in PostgreSQL", function()
  local server = postgresql.start()
  if not server then
    pending "needs PostgreSQL"
    return
  end

  teardown(function()
    server:stop()
  end)

  contract(function(options)
    return store.open(server.url, options)
  end)

  races(server.url)
end)
