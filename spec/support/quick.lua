--- Clients that do not wait long, and what the specs of their behaviour all need.

local core = require "kling.core"
local kling = require "kling"

local M = {
  KEY = "sk-0123456789-never-to-be-shown",
  --- A request the emulator accepts without fetching a clip.
  CLIP = { video_id = "861034216165875784" },
  PATIENCE = 20, -- seconds; valgrind is slow
}

local QUICK = {
  api_key = M.KEY,
  first_poll = 0.01,
  poll_interval = 0.01,
  max_poll_interval = 0.02,
  duplicate_window = 0, -- most specs submit the same clip again and again
  loop = "blocking", -- and not cqueues, which is loaded for the sake of the server
}

local clients = {}

--- A client of `server` that looks at its tasks all the time; `close_all` closes it. An option
--- that is false is left out.
function M.client(server, options)
  local merged = { base_url = server.url, ca = server.ca }
  for _, source in ipairs { QUICK, options or {} } do
    for name, value in pairs(source) do
      merged[name] = value or nil
    end
  end
  local client = assert(kling.new(merged))
  clients[#clients + 1] = client
  return client
end

function M.close_all()
  for _, client in ipairs(clients) do
    client:close()
  end
  clients = {}
end

--- Step until `is_done()`; what it returned.
function M.drive(client, is_done)
  local deadline = core.now() + M.PATIENCE
  repeat
    local done = is_done()
    if done then
      return done
    end
    client:step(0.02)
    client:dispatch()
  until core.now() > deadline
  error("it did not happen in time", 2)
end

--- Step until the job is in this state; its info.
function M.until_state(client, job, wanted)
  return M.drive(client, function()
    local state, info = client:poll(job)
    return state == wanted and info
  end)
end

--- The job's failure; fails when it brings a result.
function M.failure(client, job)
  local result, message, failure = client:wait(job, M.PATIENCE)
  assert(result == nil, "the job succeeded")
  assert(message == failure.message and message == tostring(failure))
  return failure
end

--- What the emulator's log has of one kind of request.
function M.logged(server, kind)
  local found = {}
  for _, entry in ipairs(server:log()) do
    if entry.request == kind then
      found[#found + 1] = entry
    end
  end
  return found
end

--- A folder of its own, and a function that removes it.
function M.folder()
  local pipe = assert(io.popen "mktemp -d")
  local path = pipe:read "*l"
  pipe:close()
  return path, function()
    os.execute("rm -rf '" .. path .. "'")
  end
end

function M.read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

return M
