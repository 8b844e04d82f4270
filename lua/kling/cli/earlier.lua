--- What earlier runs of a batch have brought already, as far as the store and the folder know.

local memory = require "kling.cli.memory"

local M = {}

local ALL = { "mp3", "wav", "video" }

local function has_size(path, bytes)
  local file = io.open(path, "rb")
  local size = file and file:seek "end"
  if file then
    file:close()
  end
  return size == bytes
end

-- Files of the formats that are wanted, all of them whole in the folder; else nil: what is missing,
-- or was never made, `save` finds out.
local function choose(files, args)
  local folder = args.out .. (args.out:match "/$" and "" or "/")
  local here, has = {}, {}
  for _, file in ipairs(files) do
    if file.path:sub(1, #folder) == folder and has_size(file.path, file.bytes) then
      here[#here + 1] = file
      has[file.format] = true
    end
  end
  for _, format in ipairs(#args.format > 0 and args.format or ALL) do
    if not has[format] then
      return nil
    end
  end
  return here
end

-- The outcome of a task that needs nothing any more, or false; nil, message, failure.
local function look_up(store, id, args)
  local record, message, failure = store:get(id)
  if not record or record.state ~= "succeeded" then
    return record and false, message, failure
  end
  local files
  files, message, failure = store:files(id)
  if not files then
    return nil, message, failure
  end
  local here = choose(files, args)
  return here and { state = "succeeded", task_id = record.task_id, files = here, earlier = true }
    or false
end

--- Index of a line -> outcome, for those that are done: without the service, which forgets tasks
--- after 30 days. To be called while no client has the store open (SQLite's locks are not to be had
--- twice in a process). Or nil, message, failure.
function M.find(list, args)
  if args.overwrite or not memory.is_there(args.store) then
    return {}
  end
  local store, message, failure = memory.open(args, args.store)
  if not store then
    return nil, message, failure
  end
  local found = {}
  for i, line in ipairs(list) do
    found[i], message, failure = look_up(store, line.id, args)
    if found[i] == nil then
      found = nil
      break
    end
  end
  store:close()
  return found, message, failure
end

return M
