--- What is known of each clip, for all workers: JSON in a shared dictionary, under an id nobody can
--- guess. Only the worker that runs a clip's task writes to it.

-- luacheck: std ngx_lua

local cjson = require "cjson.safe"

local KEPT = 86400 -- seconds
local OVER = 1 -- a flag beside the text: it changes no more

local is_end = { ready = true, failed = true }

local dict = ngx.shared.clips

local M = {}

local function write(clip)
  local flag = is_end[clip.state] and OVER or 0
  local done, problem = dict:set(clip.id, cjson.encode(clip), KEPT, flag)
  if not done then
    ngx.log(ngx.ERR, "clip ", clip.id, ": ", problem)
  end
end

--- A clip's text, and whether it is over; nil when there is no such clip.
function M.text(id)
  local text, flags = dict:get(id)
  return text, flags == OVER
end

function M.find(id)
  local text = M.text(id)
  return text and cjson.decode(text)
end

--- Add what is new of a clip: `fields`, of which `state` goes on the list of its changes.
function M.change(id, fields)
  local clip = M.find(id) or { id = id, created = ngx.now(), changes = {} }
  for name, value in pairs(fields) do
    clip[name] = value
  end
  local last = clip.changes[#clip.changes]
  if not last or last.state ~= clip.state then
    table.insert(clip.changes, { state = clip.state, at = ngx.now() })
  end
  write(clip)
end

return M
