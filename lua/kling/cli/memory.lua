--- The store that commands look into themselves: which it is, and is it there?

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
  return args.base_url or (os.getenv "COMETAPI_BASE_URL" or url.SERVICE):match "^%s*(.-)%s*$"
end

-- Looking must not make one. Of a server, connecting shows whether it is there.
local function is_there(name)
  local path = name:match "^sqlite:(.*)$"
  local file = path and io.open(path, "rb")
  if file then
    file:close()
  end
  return not path or file ~= nil
end

--- Open a store that exists; or nil, message, failure.
function M.open(args, name)
  if not is_there(name) then
    return nil, nil, {
      code = "io",
      operation = "store",
      task_state = "not-created",
      billed = "no",
      retryable = false,
      attempts = {},
      message = name .. ": there is no such store",
      hint = "Name the store that the tasks were submitted with (--store).",
    }
  end
  return usage.call("store.open", store.open, name, { base_url = M.base_url(args) })
end

return M
