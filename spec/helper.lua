--- Runs before the specs: a busy garbage collector, and no file may leave a descriptor open.
-- Per file and not per test: busted says "test end" before `after_each` has run.

local busted = require "busted"
local lfs = require "lfs"

local DESCRIPTORS = "/proc/self/fd"

-- A new cycle starts soon after the last has ended, so that what is kept alive only by luck dies
-- while a test looks on. Not at once (100): Lua 5.4 would then go through a whole cycle for each
-- allocation.
collectgarbage("setpause", 110)

--- Number -> what it is open on. lfs.dir and not `ls`: a popen'd child shows up in it.
local function open_descriptors()
  local found = {}
  for name in lfs.dir(DESCRIPTORS) do
    local target = lfs.symlinkattributes(DESCRIPTORS .. "/" .. name, "target")
    if tonumber(name) and target and not target:match "/proc/%d+/fd$" then
      found[name] = target
    end
  end
  return found
end

local function difference(before, after)
  local extra = {}
  for name, target in pairs(after) do
    if before[name] ~= target then
      extra[#extra + 1] = name .. " (" .. target .. ")"
    end
  end
  table.sort(extra)
  return table.concat(extra, ", ")
end

-- Outside its loops cqueues sleeps on a controller it makes once and keeps, and luv keeps a loop:
-- let them be there before the first file, and the same for all of them. cqueues' sockets too:
-- loaded again for the next file it wraps its own methods once more, and loses their errors' codes.
local has_cqueues, cqueues = pcall(require, "cqueues")
if has_cqueues then
  cqueues.sleep(0)
  require "cqueues.socket"
end
pcall(require, "luv")

if not lfs.attributes(DESCRIPTORS) then
  return -- only Linux has it
end

local before

busted.subscribe({ "file", "start" }, function()
  before = open_descriptors()
  return nil, true
end)

busted.subscribe({ "file", "end" }, function(file)
  if package.loaded.jit then
    package.loaded.jit.flush() -- a compiled trace holds what it was compiled for
  end
  collectgarbage()
  collectgarbage() -- the first runs finalizers, which let go of more
  local extra = difference(before, open_descriptors())
  if extra ~= "" then
    error(file.name .. " leaves descriptors open: " .. extra, 0)
  end
  return nil, true
end)
