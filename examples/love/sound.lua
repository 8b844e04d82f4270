--- The scene's sound: made by the service while the game runs, kept for ever after.
--
-- A coroutine asks for it and waits; each frame lets it go on a little. What it has cost is never
-- paid again: the task's id is written down as soon as it is known, and the next start of the game
-- goes on with that task, or plays the file it has brought.

local kling = require "kling"

local TASK_FILE = "task.txt" -- in LÖVE's save folder: the task's id and the clip it is for

local M = {
  state = "queued", -- or any other of a job's, "saving", "ready"
  problem = nil, -- why there will be no sound, one line
}

local client, job, source, thread
local written_id

local function read_task(url)
  local id, made_for = (love.filesystem.read(TASK_FILE) or ""):match "^(%S+) (%S+)"
  return made_for == url and id or nil
end

local function write_task(id, url)
  if id and id ~= written_id then
    love.filesystem.write(TASK_FILE, id .. " " .. url)
    written_id = id
  end
end

local function load_source(name)
  source = love.audio.newSource(name, "stream") -- decoded as it plays, not in one long frame
  M.state = "ready"
end

local function fail(message, failure)
  M.problem, M.state = message, failure.code
  if failure.code == "failed" or failure.code == "not_found" then
    love.filesystem.remove(TASK_FILE) -- the next start may ask again
  end
end

-- Runs in the coroutine: both calls wait, the game does not.
local function make(url)
  local result, message, failure = client:wait(job)
  if not result then
    return fail(message, failure)
  end
  M.state = "saving"
  local files
  files, message, failure = client:save(result, love.filesystem.getSaveDirectory(), {
    formats = { "mp3" },
    overwrite = true,
  })
  if not files then
    return fail(message, failure)
  end
  write_task(result.task_id, url)
  load_source(files[1].path:match "[^/]+$")
end

local function start(url)
  local id = read_task(url)
  if id and love.filesystem.getInfo(id .. ".mp3") then
    return load_source(id .. ".mp3")
  end
  client = kling.new()
  job = id and client:attach(id) or client:submit {
    video_url = url,
    sound_effect_prompt = "waves against a cliff, rain, a distant foghorn",
  }
  M.url, thread = url, coroutine.create(make)
end

--- Get the sound for the clip at this URL. A missing key or a wrong URL ends no game.
function M.start(url)
  local ok, problem = pcall(start, url)
  if not ok then
    M.problem, M.state = problem, "failed"
  end
end

--- Let the sound get on. Once a frame.
function M.update()
  if not thread or coroutine.status(thread) == "dead" then
    return
  end
  local ok, problem = coroutine.resume(thread, M.url)
  if not ok then
    error(debug.traceback(thread, problem), 0)
  end
  local state, info = client:poll(job)
  write_task(info.task_id, M.url)
  M.info = info
  if coroutine.status(thread) ~= "dead" and state ~= "succeeded" then
    M.state = state
  end
end

--- Play it from the beginning; false while there is none.
function M.play()
  if source then
    source:stop()
  end
  return source ~= nil and source:play()
end

--- One line for the screen.
function M.describe()
  if M.problem or not M.info then
    return M.problem or M.state
  end
  return ("%s  %.0f s  %s"):format(M.state, M.info.elapsed, M.info.task_id or "")
end

--- Let go of everything; the task goes on at the service.
function M.stop()
  if client then
    client:close()
  end
end

return M
