--- What only a client with a store can do: know its tasks after a crash, and go on with them.

local Client = require "kling.client"
local core = require "kling.core"
local options = require "kling.options"
local tasks = require "kling.tasks"

local raw = core.raw

local M = {}

--- Give a new client its store; `given` is what kling.new has checked. True; or nil, message,
--- failure.
function M.open(client, given)
  local private = raw.private(client)
  local opened, message, why = tasks.open(client, given, private.guard)
  if not opened then
    return nil, message, why
  end
  Client.set_up(client, {
    tasks = opened,
    on_saved = function(saver, result, file)
      return opened:add_file(saver, result, file)
    end,
    saved_file = function(_, result, _, path)
      return opened:find_file(result, path)
    end,
  })
  private.guard.tasks = opened
  return true
end

-- Raises for a client without one; blames the caller of our caller.
local function check_store(client, operation)
  if not raw.private(client).tasks then
    error(operation .. ": this client has no store; see the option store of kling.new", 3)
  end
end

function core.Client:pending()
  Client.check_open(self, "pending")
  check_store(self, "pending")
  return raw.private(self).tasks:pending(self)
end

local rules = {
  limit = { type = "number", integer = true, min = 1 },
}

function core.Client:reconcile(given)
  Client.check_open(self, "reconcile")
  check_store(self, "reconcile")
  local checked = options.check(given, rules, "reconcile")
  return raw.private(self).tasks:reconcile(self, checked.limit)
end

return M
