--- The emulator's own requests, under /_emulator/: scripts it and looks inside, over HTTP.
--
--   POST fault variant advance life cap callbacks reset    (a JSON object; answers {} or {error})
--   GET  ledger log tasks names

local cjson = require("cjson.safe")

local actions = require("kling.emulator.actions")
local faults = require("kling.emulator.faults")
local json = require("kling.emulator.json")
local variants = require("kling.emulator.variants")

local codec = cjson.new()

local control = {}

-- Which part of the body is the action's argument; true: all of it.
local ARGUMENTS = {
  fault = true,
  life = true,
  variant = "name",
  advance = "seconds",
  cap = "tasks",
  callbacks = true,
  reset = true,
}

local gets = {}

function gets.ledger(emulator)
  return json.list(emulator:ledger())
end

function gets.log(emulator)
  return json.list(emulator:log())
end

function gets.tasks(emulator)
  return json.list(emulator:tasks())
end

function gets.names()
  return { faults = faults.about, variants = variants.about }
end

local function answer(status, body)
  return {
    status = status,
    headers = { { "content-type", "application/json" } },
    body = json.encode(body),
    transfer = {},
  }
end

local function post(emulator, name, text)
  local body = codec.decode(text ~= "" and text or "{}")
  if type(body) ~= "table" then
    return answer(400, { error = "the body is not a JSON object" })
  end
  local argument = ARGUMENTS[name]
  if argument ~= true then
    body = body[argument]
  end
  local done, message = actions[name](emulator, body ~= cjson.null and body or nil)
  if not done then
    return answer(400, { error = message })
  end
  return answer(200, {})
end

--- Answer a request whose path begins with /_emulator/; nil when it is none of these.
function control.handle(emulator, request)
  local name = request.path:match("^/_emulator/(%w+)$")
  if not name then
    return nil
  elseif not request.is_local then
    return answer(403, { error = "only programs on this machine may control the emulator" })
  elseif request.method == "POST" and ARGUMENTS[name] then
    return post(emulator, name, request.body or "")
  elseif request.method == "GET" and gets[name] then
    return answer(200, gets[name](emulator))
  end
  return answer(404, { error = ("no such control request: %s %s"):format(request.method, name) })
end

return control
