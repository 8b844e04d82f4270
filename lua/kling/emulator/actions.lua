--- What may be done to a running emulator, from Lua or through its control requests.
--
-- Each takes the emulator and one argument, and returns true, or nil and what is wrong with it.

local callbacks = require("kling.emulator.callbacks")
local options = require("kling.options")
local service = require("kling.emulator.service")
local variants = require("kling.emulator.variants")

local actions = {}

local SETTLE = 60 -- seconds for work that has fallen due to be done

local function check_number(what, value)
  if type(value) ~= "number" or value < 0 or value ~= value then
    return nil, what .. ": a number, not negative, expected"
  end
  return true
end

--- Add a fault script; see faults.lua.
function actions.fault(emulator, script)
  if type(script) ~= "table" then
    return nil, "a fault is a table"
  end
  return emulator.faults:add(script)
end

--- Choose a variant by name, or "default" for all defaults.
function actions.variant(emulator, name)
  local chosen, message = emulator.variants:use(name)
  if not chosen then
    return nil, message .. options.hint(name, variants.about)
  end
  return true
end

--- Move the clock ahead by so many seconds. Returns when work that has fallen due is done.
function actions.advance(emulator, seconds)
  local fine, message = check_number("seconds", seconds)
  if not fine then
    return nil, message
  end
  emulator.clock:advance(seconds)
  emulator.sender:wake()
  if emulator.worker then
    emulator.worker:settle(SETTLE)
  end
  return true
end

--- How long tasks made from now on stay in each state: `{ submitted, processing, fail }`.
function actions.life(emulator, life)
  local fine, checked = pcall(options.check, life, service.life_rules, "life", 0)
  if not fine then
    return nil, checked
  end
  emulator.service:set_life(checked)
  return true
end

--- How many tasks may run at once (nil: any number); one more is refused with 1303.
function actions.cap(emulator, tasks)
  if tasks ~= nil then
    local fine, message = check_number("tasks", tasks)
    if not fine then
      return nil, message
    end
  end
  emulator.service.cap = tasks
  return true
end

--- How callbacks are sent from now on, see callbacks.lua; {}: one on each change, not signed.
function actions.callbacks(emulator, rules)
  local fine, checked = pcall(options.check, rules, callbacks.rules, "callbacks", 0)
  if not fine then
    return nil, checked
  end
  emulator.sender.rules = checked
  return true
end

--- Back to how it was made: no tasks, no ledger, no log; the faults and variants it began with.
function actions.reset(emulator)
  emulator.variants:reset()
  emulator.faults:reset()
  emulator.service:reset()
  emulator.router.entries = {}
  emulator.sender:wake()
  local fine, message = actions.callbacks(emulator, emulator.options.callbacks)
  for _, name in ipairs(emulator.options.variants or {}) do
    if fine then
      fine, message = actions.variant(emulator, name)
    end
  end
  for _, script in ipairs(emulator.options.faults or {}) do
    if fine then
      fine, message = actions.fault(emulator, script)
    end
  end
  return fine, message
end

return actions
