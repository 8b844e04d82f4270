--- Loads, before there is a worker, what would not do well to be loaded in one.

-- These write globals, which nginx warns about later.
require "lfs"
require "lpeg"

-- The specs script the emulator over cqueues, which has coroutines of its own: they must not yield
-- to nginx, as those of the table would that it puts in the place of Lua's. It keeps Lua's own
-- functions there under other names.
local nginx_coroutine = coroutine
local own = { running = coroutine.running }
for _, name in ipairs { "create", "resume", "status", "wrap", "yield" } do
  own[name] = assert(coroutine["_" .. name])
end
coroutine = own -- luacheck: ignore 121
require "cqueues"
require "http.request"
require "http.tls"
coroutine = nginx_coroutine -- luacheck: ignore 121
