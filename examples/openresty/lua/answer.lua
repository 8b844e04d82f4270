--- JSON answers.

-- luacheck: std ngx_lua

local cjson = require "cjson.safe"

local M = {}

function M.json(status, value)
  ngx.status = status
  ngx.header.content_type = "application/json"
  ngx.say(cjson.encode(value))
  return ngx.exit(ngx.HTTP_OK)
end

--- What went wrong, as the page and programs read it: the same fields as in a failure.
function M.problem(status, code, message, hint)
  return M.json(status, { error = { code = code, message = message, hint = hint } })
end

return M
