--- What nginx itself has to complain of, as JSON too.

-- luacheck: std ngx_lua

local answer = require "answer"

if ngx.status == 413 then
  return answer.problem(413, "invalid", "the request is too long")
end
return answer.problem(ngx.status, "internal", "something went wrong here", "See the error log.")
