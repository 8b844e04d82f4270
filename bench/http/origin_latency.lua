--- How long a client takes from one look at a task to the next, as origin.conf sees it: the same
--- measure for every client, and none of them has to know. In bins 5 % wide.

local ffi = require "ffi" -- nginx's clock stands still while it works, and knows milliseconds

ffi.cdef 'int kling_bench_clock(int id, int64_t *seconds_and_ns) __asm__("clock_gettime");'

local MONOTONIC = 1
local LEAST = 1e-6 -- seconds
local WIDTH = math.log(1.05)
local WARM = 3 -- looks at a task before its looks count: the connections are made then

local now = ffi.new "int64_t[2]"

local M = {}

function M.new()
  return { seen = {}, times = {}, bins = {}, count = 0 }
end

function M.add(looks, id)
  ffi.C.kling_bench_clock(MONOTONIC, now)
  local at = tonumber(now[0]) + tonumber(now[1]) / 1e9
  local before, times = looks.seen[id], (looks.times[id] or 0) + 1
  looks.seen[id], looks.times[id] = at, times
  if times > WARM then
    local bin = math.floor(math.log(math.max(at - before, LEAST) / LEAST) / WIDTH)
    looks.bins[bin] = (looks.bins[bin] or 0) + 1
    looks.count = looks.count + 1
  end
end

--- The seconds that `share` of the looks took at most; nil when there were none.
function M.share(looks, share)
  if looks.count == 0 then
    return nil
  end
  local left, bin = looks.count * share, -1
  while left > 0 do
    bin = bin + 1
    left = left - (looks.bins[bin] or 0)
  end
  return LEAST * math.exp((bin + 0.5) * WIDTH)
end

return M
