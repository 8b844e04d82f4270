--- Creates whose replies are lost, for specs of how their tasks are asked for.

local assert = require "luassert"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"

local M = {}

function M.start(options)
  M.server = emulator.start(options)
end

function M.stop()
  M.server:stop()
end

function M.reset()
  M.server:reset()
end

--- A client that asks soon, and not for long.
function M.client(options)
  local merged = { request_timeout = 0.3, resolve_timeout = 0.05 }
  for name, value in pairs(options or {}) do
    merged[name] = value
  end
  return quick.client(M.server, merged)
end

--- Submit one whose reply is lost; `is_made`: the service carries it out all the same.
function M.submit(client, is_made)
  M.server:fault { name = is_made and "drop_after" or "drop_before", on = "create" }
  return client:submit(quick.CLIP)
end

function M.assert_unresolved(failure, code)
  assert.same({ code, "submit", "may-exist", "maybe", false }, { failure.code, failure.operation,
    failure.task_state, failure.billed, failure.retryable })
  assert.matches(failure.external_task_id, failure.hint, 1, true)
  assert.equal("create", failure.attempts[1].request)
end

return M
