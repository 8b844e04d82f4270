--- Remembers tasks across processes, in SQLite or PostgreSQL through LuaDBI.
-- Documentation: meta.lua. Each call is one transaction, on disk when it returns, and holds up the
-- whole program for that long: LuaDBI cannot wait without blocking.

local connection = require "kling.store.connection"
local core = require "kling.core"
local options = require "kling.options"
local postgresql = require "kling.store.postgresql"
local schema = require "kling.store.schema"
local session = require "kling.store.session"
local sqlite = require "kling.store.sqlite"
local trouble = require "kling.store.trouble"

local M = {}

local Store = {}
Store.__index = Store

local function check_usable(store)
  if not store.connection:is_ours() then
    error("store was opened before fork(); open one in this process", 3)
  elseif store.is_closed then
    error("store is closed", 3)
  end
end

for _, part in ipairs { "tasks", "leases", "files", "gateways" } do
  for name, method in pairs(require("kling.store." .. part)) do
    Store[name] = function(self, ...)
      check_usable(self)
      return method(self, ...)
    end
  end
end

local dialects = { sqlite = sqlite, postgresql = postgresql, postgres = postgresql }

--- What a store's URL names: dialect, target, name for people; or nil and what is wrong with it.
local function parse(url)
  local scheme, rest = url:match "^(%a+):(.*)$"
  local dialect = scheme and dialects[scheme:lower()]
  if not dialect then
    return nil, "sqlite:PATH or postgresql://user@host:port/database expected"
  end
  local target, name = dialect.parse(rest, url)
  if not target then
    return nil, name
  end
  return dialect, target, name
end

--- Why this cannot be a store's URL, or nil.
function M.check_url(url)
  local dialect, problem = parse(url)
  return not dialect and problem or nil
end

local rules = {
  base_url = { type = "string", default = "https://api.cometapi.com" },
  lease = { type = "number", above = 0, default = 60 },
  owner = { type = "string" },
  clock = { type = "function" },
}

local function is_installed(dialect)
  return pcall(require, "DBI") and pcall(require, dialect.driver)
end

local function bring_up(store)
  local is_usable, message, why = session.write(store, function(live)
    return schema.bring_up(live, schema.steps)
  end)
  if is_usable == false then
    return trouble.give(store.name, message, session.NOT_SENT)
  end
  return is_usable, message, why
end

function M.open(url, given)
  local checked = options.check(given, rules, "store.open")
  if type(url) ~= "string" then
    error("store.open: a URL, a string, expected, got " .. type(url), 2)
  end
  local dialect, target, name = parse(url)
  if not dialect then
    error("store.open: " .. target, 2)
  elseif not is_installed(dialect) then
    return trouble.give_missing(name, dialect.packages, session.NOT_SENT)
  end
  local store = setmetatable(checked, Store)
  store.name, store.mine, store.unsure, store.ahead = name, {}, {}, 0
  store.base_url = store.base_url:gsub("/+$", "") -- the same service
  store.owner = store.owner or core.uuid()
  store.connection = connection.new(dialect, target)
  local is_usable, message, why = bring_up(store)
  if not is_usable then
    store.connection:close()
    return nil, message, why
  end
  return store
end

--- What time it is for all who share the store, as far as that was seen: nobody is asked.
function Store:now()
  return core.wall() + self.ahead
end

--- Gives back what is ours, as well as that can be done. Safe twice.
function Store:close()
  if self.is_closed then
    return
  end
  if self.connection:is_ours() and (next(self.mine) or next(self.unsure)) then
    self:release()
  end
  self.is_closed = true
  self.connection:close()
end

return M
