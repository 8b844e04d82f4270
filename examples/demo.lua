--- A silent clip gets its sound: everything once, on this machine, without a key or the network.
-- Usage: lua examples/demo.lua [folder], from anywhere; needs the library on Lua's path.

local kling = require "kling"

local folder = arg[1] or "out"
local here = arg[0]:match "^(.*)/[^/]*$" or "."

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

-- The emulator stands in for the service. It ends when its standard input does: with us.
local function start_emulator()
  local ready = os.tmpname()
  local process = assert(io.popen(("%s %s emulate --until-stdin-closes --ready-file %s >&2"):format(
    arg[-1], quote(here .. "/../bin/kling"), ready), "w"))
  local url = output_of(("for i in $(seq 200); do test -s %s && break; sleep 0.05; done; cat %s")
    :format(ready, ready)):match "^http%S+"
  os.remove(ready)
  return assert(url, "the emulator did not start"), process
end

-- One line that lives on a terminal; elsewhere a line for each change.
local is_terminal = output_of "test -t 2 && echo yes" == "yes\n"
local shown

local function show(state, info)
  local id = info.task_id or "(no id yet)"
  if is_terminal then
    io.stderr:write(("\r\27[K%-10s  %4.1f s  task %s"):format(state, info.elapsed, id))
  elseif state ~= shown then
    io.stderr:write(("%-10s  %4.1f s  task %s\n"):format(state, info.elapsed, id))
  end
  shown = state
end

local running = { queued = true, submitting = true, submitted = true, processing = true }

local function wait(client, job)
  local state, info
  repeat
    client:step(0.1)
    state, info = client:poll(job)
    show(state, info)
  until not running[state]
  io.stderr:write(is_terminal and "\n" or "")
  return assert(client:wait(job))
end

local function print_table(files)
  print(("%-40s %10s %10s"):format("file", "seconds", "bytes"))
  for _, file in ipairs(files) do
    print(("%-40s %10.2f %10d"):format(file.path, file.duration, file.bytes))
  end
end

local function seconds_of(path)
  return tonumber(output_of(
    "ffprobe -v error -show_entries format=duration -of csv=p=0 " .. quote(path)))
end

-- What the service says of a file is one thing, what is in it another.
local function check(files)
  if output_of "command -v ffprobe" == "" then
    return print "ffprobe is not installed: durations not checked"
  end
  local expected = seconds_of(here .. "/clip.mp4")
  for _, file in ipairs(files) do
    local found = seconds_of(file.path)
    print(("ffprobe: %-31s %10.2f"):format(file.path, found or 0))
    if not found or math.abs(found - expected) > 0.1 then
      error(("%s should last %.2f s"):format(file.path, expected), 0)
    end
  end
end

local url, emulator = start_emulator()
local client = kling.new {
  base_url = url,
  api_key = "any-key-will-do",
  first_poll = 0.5,
  poll_interval = 0.5,
}
local job = client:submit {
  video_url = url .. "/clip.mp4",
  sound_effect_prompt = "rain on a tin roof",
  bgm_prompt = "slow piano",
}
wait(client, job)
local files = assert(client:save(job, folder, { overwrite = true }))
print_table(files)
check(files)
client:close()
emulator:close()
