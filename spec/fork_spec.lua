--- What a child of fork is told when it uses a client, or a job, of its parent's.

local lua_process = require "spec.support.lua_process"
local scratch = require "spec.support.scratch"

local PROGRAM = [[
  local kling = require "kling"
  local parts = require "kling_parts"
  local core = require "kling.core"
  local client = assert(kling.new { api_key = "k", base_url = "http://127.0.0.1:1",
    loop = "blocking", store = (...) })
  local job = client:submit { video_id = "861034216165875784" }
  local uses = {
    { "cancel", function() local done = client:cancel(job); return done end },
    { "eta", function() local eta = client:eta(job); return eta end },
    { "gather", function() local all = kling.gather({ job }, 0); return all end },
    { "job:cancel", function() local done = job:cancel(); return done end },
    { "job:eta", function() local eta = job:eta(); return eta end },
    { "job:poll", function() local state = job:poll(); return state end },
    { "job:save", function() local files = job:save "out"; return files end },
    { "job:wait", function() local result = job:wait(0); return result end },
    { "attach", function() local other = client:attach "1"; return other end },
    { "list", function() local tasks = client:list(); return tasks end },
    { "map", function() local outcomes = client:map {}; return outcomes end },
    { "next", function() local done = client:next({ job }, 0); return done end },
    { "pending", function() local records = client:pending(); return records end },
    { "poll", function() local state = client:poll(job); return state end },
    { "pollfd", function() local fd = client:pollfd(); return fd end },
    { "query", function() local task = client:query "1"; return task end },
    { "reconcile", function() local jobs = client:reconcile(); return jobs end },
    { "save", function() local files = client:save(job, "out"); return files end },
    { "step", function() local changes = client:step(0); return changes end },
    { "submit", function() local other = client:submit { video_id = "1" }; return other end },
    { "timeout", function() local seconds = client:timeout(); return seconds end },
    { "wait", function() local result = client:wait(job, 0); return result end },
  }
  local child = parts.fork()
  if child == 0 then
    for _, use in ipairs(uses) do
      local _, message = pcall(use[2])
      print(use[1], debug.getinfo(use[2], "S").linedefined, message)
    end
    client:dispatch()
    client:close()
    os.exit(0)
  end
  print("child ended with " .. parts.wait(child))
  client:close()
]]

describe("after a fork", function()
  it("whoever uses a client of the parent's is told so, at its line", function()
    local folder = scratch.new()
    local process = lua_process.start(PROGRAM, { "sqlite:" .. folder .. "/tasks.db" })
    local uses = 0
    local line = process:read()
    while line and not line:match "^child ended" do
      local use, number, message = line:match "^(%S+)\t(%d+)\t(.*)$"
      assert(use, line)
      assert.matches("client was made before fork%(%); make a new one in this process", message)
      assert.equal(number, message:match "program%.lua:(%d+): ", use)
      uses = uses + 1
      line = process:read()
    end
    assert.equal("child ended with 0", line)
    assert.equal(22, uses)
    assert.equal("", process:close())
    scratch.remove(folder)
  end)
end)
