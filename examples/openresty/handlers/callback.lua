--- POST /callback/...: the service says that a task has changed. See callbacks.lua.

-- luacheck: std ngx_lua

local callbacks = require "callbacks"
local tasks = require "tasks"

local receiver = callbacks.receiver(tasks.client())
if not receiver then
  return ngx.exit(ngx.HTTP_NOT_FOUND)
end
local event, message = receiver:openresty()
if not event then
  ngx.log(ngx.NOTICE, message)
elseif not event.known then
  callbacks.pass_on(event)
end
