--- Kills a program that submits and saves, again and again, and starts it again until it is done.
--
-- Then the books are looked at: one bill for each job, every file whole, nothing left behind.
-- The service takes an external id as often as it is sent one: a create sent twice is two bills.

local core = require "kling.core"
local lfs = require "lfs"

local child = require "bench.torture.child"
local dice = require "spec.support.dice"
local emulator = require "spec.support.emulator"
local evidence = require "bench.torture.evidence"
local sleep = require("cqueues").sleep

local Run = {}
Run.__index = Run

local M = { KEY = "sk-0123456789-never-to-be-shown" }

-- A few prompts: the emulator makes the files of each once.
local PROMPTS = { "rain on a tin roof", "a slow piano", "steps in snow" }
local LIFE = { submitted = 0.05, processing = 0.05 }
-- A create takes its time (docs/contract.md, section 2.6), and that is when not to die.
local SLOW = { name = "delay", on = "create", seconds = 0.3, forever = true }
local MOST_STARTS = 20 -- a seed that is not done by then never will be
local LEASE = 0.6 -- seconds until what a dead process held is free

local function new_folder()
  local pipe = assert(io.popen "mktemp -d")
  local path = pipe:read "*l"
  pipe:close()
  return path
end

local function start_seed(name)
  local folder = new_folder()
  assert(lfs.mkdir(folder .. "/out"))
  local file = assert(io.open(folder .. "/jobs", "w"))
  for i, prompt in ipairs(PROMPTS) do
    file:write(("%s-%d %s\n"):format(name, i, prompt))
  end
  file:close()
  return folder
end

local function end_seed(folder)
  os.execute("rm -rf '" .. folder .. "'")
end

-- One start of the program, to be killed as `death` says: its status, where it died, what it said.
function Run:live(folder, death)
  local report = folder .. "/report"
  os.remove(report)
  local env = { KILL_REPORT = report, API_KEY = M.KEY }
  for name, value in pairs(death) do
    env[name] = value
  end
  local status, output = child.run("saves",
    { self.server.url, folder .. "/jobs", self.store or "sqlite:" .. folder .. "/tasks.db",
      folder .. "/out" }, { preload = { "kill" }, env = env })
  return status, evidence.read(report) or "killed (by the clock)\n", output
end

-- How many points of each kind a run has: most of them are writes to files, but a death beside the
-- request that makes a task is worth as much as all of those.
local function read_trace(path)
  local kinds, points = {}, 0
  for name in io.lines(path) do
    if not kinds[name] then
      kinds[name] = { name = name, count = 0 }
      kinds[#kinds + 1] = kinds[name]
    end
    kinds[name].count = kinds[name].count + 1
    points = points + 1
  end
  return kinds, points
end

-- An unharmed run: which points it has, how long it takes, and what the files are.
function Run:measure()
  local folder = start_seed "unharmed"
  local started = core.now()
  local status, _, output = self:live(folder, { KILL_TRACE = folder .. "/trace" })
  self.seconds = core.now() - started
  assert(status == 0, "an unharmed run fails: " .. output)
  self.kinds, self.points = read_trace(folder .. "/trace")
  local bills = evidence.bills(self.server)
  for i in ipairs(PROMPTS) do
    self.whole[i] = evidence.digests(folder .. "/out", bills["unharmed-" .. i][1])
    assert(not self.whole[i]:find "missing", "an unharmed run leaves files out")
  end
  end_seed(folder)
end

-- Two of three deaths are at a point of what others see, early ones more often: that is where money
-- is spent. The rest are at any moment.
function Run:deaths_of(seed)
  local roll = dice(seed)
  roll() -- the first number is nearly the seed
  local deaths = {}
  for i = 1, roll(4) do
    if roll(3) == 1 then
      deaths[i] = { KILL_SECONDS = ("%.4f"):format(roll() * self.seconds) }
    else
      local kind = self.kinds[roll(#self.kinds)]
      deaths[i] = { KILL_KIND = kind.name, KILL_AT = math.floor(roll() ^ 3 * kind.count) + 1 }
    end
  end
  return deaths
end

local function count(counts, name)
  counts[name] = (counts[name] or 0) + 1
end

-- Start it until it is done; why not, when it never is.
function Run:live_until_done(folder, deaths)
  local status, report, output
  for i = 1, MOST_STARTS do
    status, report, output = self:live(folder, deaths[i] or {})
    count(self.counts, "starts")
    if status == 0 then
      return nil
    elseif status == child.KILLED then
      count(self.counts, "kills")
      count(self.kills, report:match "^killed ([^\n]+)")
    elseif i > #deaths then
      sleep(LEASE) -- what the dead one held may not be free yet
    end
  end
  return ("not done after %d starts, status %s: %s"):format(MOST_STARTS, status, output)
end

function Run:problem(kind, text)
  count(self.counts, kind)
  self.problems[#self.problems + 1] = text
end

function Run:check_jobs(name, folder)
  local bills = evidence.bills(self.server)
  for i in ipairs(PROMPTS) do
    local job = name .. "-" .. i
    local tasks = bills[job] or {}
    count(self.counts, "jobs")
    if #tasks ~= 1 then
      self:problem(#tasks == 0 and "lost" or "double", ("%s: %d bills"):format(job, #tasks))
    elseif evidence.digests(folder .. "/out", tasks[1]) ~= self.whole[i] then
      self:problem("damaged", job .. ": a file is missing or not whole")
    end
  end
end

function Run:seed(seed)
  local name = "seed-" .. seed
  local folder = start_seed(name)
  local why = self:live_until_done(folder, self:deaths_of(seed))
  if why then
    self:problem("unfinished", name .. ": " .. why)
  end
  self:check_jobs(name, folder)
  for _, left in ipairs(evidence.litter(folder .. "/out")) do
    self:problem("litter", ("%s: left behind: %s"):format(name, left))
  end
  local shown = evidence.holding(folder, M.KEY)
  if shown then
    self:problem("secrets", ("%s: the key is in %s"):format(name, shown))
  end
  end_seed(folder)
end

-- A create that was still on its way when its seed was looked at is in the books by now.
function Run:check_books()
  for job, tasks in pairs(evidence.bills(self.server)) do
    if #tasks ~= 1 then
      self:problem("double_at_the_end", ("%s: %d bills at the end"):format(job, #tasks))
    end
  end
end

local ROWS = {
  { "starts", "times the program was started" }, { "kills", "of these killed" },
  { "jobs", "jobs" }, { "double", "jobs billed more than once" },
  { "double_at_the_end", "jobs billed more than once, looked at after the last seed" },
  { "lost", "jobs lost" }, { "damaged", "jobs with a file missing or not whole" },
  { "unfinished", "seeds that never got done" }, { "litter", "files left behind" },
  { "secrets", "files with the key in them" },
}

local function report(self, seeds)
  local lines = { ("%d seeds, %d points an unharmed run"):format(seeds, self.points) }
  for _, row in ipairs(ROWS) do
    lines[#lines + 1] = ("  %-58s %6d"):format(row[2], self.counts[row[1]] or 0)
  end
  local names = {}
  for name in pairs(self.kills) do
    names[#names + 1] = name
  end
  table.sort(names)
  lines[#lines + 1] = "  killed at:"
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("    %-56s %6d"):format(name, self.kills[name])
  end
  return { lines = lines, problems = self.problems }
end

--- Go through seeds `first` to `last`; the emulator lives through all of them. `store` is as for
--- kling.new, by default an SQLite file for each seed. `progress(seed)` is called after each.
---@return table report `{ lines, problems }`
function M.run(options)
  local self = setmetatable({
    whole = {}, kills = {}, counts = {}, problems = {}, store = options.store,
  }, Run)
  self.server = emulator.start {
    http2 = false, life = LIFE, variants = { "external_id_reusable" },
    faults = { SLOW },
  }
  local ran, message = pcall(function()
    self:measure()
    for seed = options.first, options.last do
      self:seed(seed)
      if options.progress then
        options.progress(seed)
      end
    end
    self:check_books()
  end)
  self.server:stop()
  assert(ran, message)
  return report(self, options.last - options.first + 1)
end

return M
