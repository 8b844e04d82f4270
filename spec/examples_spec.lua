--- Runs every one-page program of examples/ against the emulator, as a user would.

local emulator = require "spec.support.emulator"

-- program -> what it needs and how many clips it takes
local programs = {
  blocking = { clips = 1, first = "url" },
  several_at_once = { clips = 2 },
  cqueues = { clips = 2, needs = "cqueues" },
  copas = { clips = 2, needs = "copas" },
  luv = { clips = 2, needs = "luv" },
}

local function interpreter()
  local lowest = 0
  while arg[lowest - 1] do
    lowest = lowest - 1
  end
  return arg[lowest]
end

local function run(server, name, program, folder)
  local urls = {}
  for i = 1, program.clips do
    urls[i] = ("%s/clip.mp4?%d"):format(server.url, i) -- the same clip twice is one task
  end
  local words = { "examples/" .. name .. ".lua" }
  if program.first == "url" then
    words[#words + 1] = urls[1] .. " " .. folder
  else
    words[#words + 1] = folder .. " " .. table.concat(urls, " ")
  end
  local key = "COMETAPI_KEY=sk-example"
  local command = ("%s COMETAPI_BASE_URL=%s timeout 60 %s %s 2>&1; echo status $?"):format(
    key, server.url, interpreter(), table.concat(words, " "))
  local pipe = assert(io.popen(command))
  local output = pipe:read "*a"
  pipe:close()
  return output
end

describe("the example", function()
  local server, folder

  setup(function()
    server = emulator.start { life = { submitted = 0.1, processing = 0.2 } }
    folder = os.tmpname()
    os.remove(folder)
  end)

  teardown(function()
    server:stop()
    os.execute("rm -rf '" .. folder .. "'")
  end)

  for name, program in pairs(programs) do
    if not program.needs or pcall(require, program.needs) then
      it(name .. ".lua saves three files for each clip", function()
        local output = run(server, name, program, folder .. "/" .. name)
        assert.truthy(output:find("status 0", 1, true), output)
        local _, files = output:gsub("%.mp3\t", "%0")
        assert.equal(program.clips, files, output)
        for path in output:gmatch "(%S+)\t%d+" do
          assert(io.open(path, "rb")):close()
        end
      end)
    end
  end
end)
