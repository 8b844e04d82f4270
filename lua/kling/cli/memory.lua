--- The store that commands look into themselves: which it is, and is it there?

local failure = require "kling.failure"
local store = require "kling.store"
local url = require "kling.url"
local usage = require "kling.cli.usage"

local M = {}

local NAME = ".kling.db" -- in the folder of the files: they belong together

--- The store of the files in a folder.
function M.of_folder(folder)
  return ("sqlite:%s%s%s"):format(folder, folder:match "/$" and "" or "/", NAME)
end

--- The service whose tasks are meant, as kling.new finds it.
function M.base_url(args)
  local given = args.base_url or os.getenv "COMETAPI_BASE_URL" or url.SERVICE
  return given:match "^%s*(.-)%s*$"
end

--- Is there such a store? Looking must not make one. Of a server, connecting shows it.
function M.is_there(name)
  local path = name:match "^sqlite:(.*)$"
  local file = path and io.open(path, "rb")
  if file then
    file:close()
  end
  return not path or file ~= nil
end

--- The failure of a store that is not there.
function M.missing(name)
  local _, _, why = failure.give {
    code = "io",
    operation = "store",
    task_state = "not-created",
    billed = "no",
    reason = name .. ": there is no such store",
    hint = "Name the store that the tasks were submitted with (--store).",
  }
  return why
end

--- Open a store that exists; or nil, message, failure.
function M.open(args, name)
  if not M.is_there(name) then
    local why = M.missing(name)
    return nil, why.message, why
  end
  return usage.call("store.open", store.open, name, { base_url = M.base_url(args) })
end

return M
