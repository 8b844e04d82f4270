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

  races("sqlite:" .. folder .. "/races.db")
end)
