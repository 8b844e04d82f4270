--- Clients that share a store in a folder of its own, looks into it, and ways to break it.

local core = require "kling.core"
local quick = require "spec.support.quick"
local request = require "kling.request"
local scratch = require "spec.support.scratch"
local stores = require "kling.store"

local M = {}
M.__index = M

--- A request under this external id, with changes.
function M.named(id, changes)
  local fields = { video_id = quick.CLIP.video_id, external_task_id = id }
  for name, value in pairs(changes or {}) do
    fields[name] = value
  end
  return fields
end

--- What the store is told of it first.
function M.record(id)
  local fields = M.named(id)
  return { external_task_id = id, request = fields, fingerprint = request.fingerprint(fields) }
end

--- A task at the service that no store knows; its task id.
function M.make_task(server, id)
  local client = quick.client(server)
  local info = quick.until_state(client, client:submit(M.named(id)), "submitted")
  client:close()
  return info.task_id
end

--- Wait until the row is in this state; the row.
function M:until_row(client, id, wanted)
  return quick.drive(client, function()
    local row = self:row(id)
    return row.state == wanted and row
  end)
end

--- Let a time pass in which something must not happen.
function M.drive_for(client, seconds)
  local past = core.now() + seconds
  quick.drive(client, function()
    return core.now() > past
  end)
end

--- A store for clients of `server`.
function M.new(server)
  local folder = scratch.new()
  return setmetatable({
    server = server,
    folder = folder,
    path = folder .. "/tasks.db",
    url = "sqlite:" .. folder .. "/tasks.db",
  }, M)
end

--- A quick client with this store; it knows duplicates.
function M:client(options)
  local merged = { store = self.url, duplicate_window = 600 }
  for name, value in pairs(options or {}) do
    merged[name] = value
  end
  return quick.client(self.server, merged)
end

--- Look into it from outside, as another process would. `options`: as for store.open.
function M:open(options)
  options = options or {}
  options.base_url = self.server.url
  return assert(stores.open(self.url, options))
end

local function look(self, method, ...)
  local opened = self:open()
  local found, problem = opened[method](opened, ...)
  opened:close()
  assert(found ~= nil, problem)
  return found
end

function M:row(id)
  return look(self, "get", id)
end

function M:files(id)
  return look(self, "files", id)
end

function M:gateway()
  return look(self, "gateway")
end

-- The store object of a client.
local function store_of(client)
  return core.raw.private(client).tasks.store
end

--- Call `watcher` with a method's arguments before it does its work.
function M:watch(client, method, watcher) -- luacheck: ignore 212
  local store = store_of(client)
  local work = store[method]
  store[method] = function(...)
    watcher(...)
    return work(...)
  end
end

--- Let a method of a client's store fail as a database would, until it is mended.
function M:break_method(client, method, words)
  local trouble = require "kling.store.trouble"
  store_of(client)[method] = function()
    return trouble.give(self.url, words, { task_state = "not-created", billed = "no" })
  end
end

function M:mend(client) -- luacheck: ignore 212
  local store = store_of(client)
  for name, value in pairs(store) do
    if type(value) == "function" and name ~= "clock" then
      store[name] = nil
    end
  end
end

--- Hold the file locked, as a process would that writes to it; a function that unlocks it.
function M:lock()
  local connection = assert(require("DBI").Connect("SQLite3", self.path))
  connection:autocommit(true)
  local statement = assert(connection:prepare "BEGIN IMMEDIATE")
  assert(statement:execute())
  statement:close()
  return function()
    connection:close()
  end
end

--- What a process has written that died then: `work(store)`. Its lease is over after `lease`
--- seconds (default: very soon).
function M:die(work, lease)
  local opened = self:open { lease = lease or 0.001 }
  work(opened)
  opened.mine = {} -- nothing is given back
  opened:close()
end

--- Let a client die without a word: what it had open is closed, as the kernel would.
function M:kill(client) -- luacheck: ignore 212
  local store = store_of(client)
  store.mine = {}
  store:close()
  core.raw.private(client).tasks.is_closed = true
  client:close()
end

--- All bytes of its files. Nobody may have it open.
function M:bytes()
  local found = {}
  for _, name in ipairs(scratch.names(self.folder)) do
    found[#found + 1] = scratch.read(self.folder .. "/" .. name)
  end
  return table.concat(found)
end

function M:remove()
  scratch.remove(self.folder)
end

return M
