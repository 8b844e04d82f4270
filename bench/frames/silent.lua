--- A resolver that never answers, bench/torture/resolver.so: steps meanwhile, cancels, and close.

local calls = require "bench.frames.calls"

local STEPS = 500
local TASKS = 16 -- as many look-ups are under way

local function print_figures(taken)
  print(taken:figures())
end

local stepped, cancelled, closed = calls.new(), calls.new(), calls.new()
for _ = 1, 10 do
  local client = calls.client "http://silent.example"
  local jobs = {}
  for i = 1, TASKS do
    jobs[i] = client:attach(tostring(i))
  end
  for _ = 1, STEPS / 10 do
    stepped:step(client)
  end
  for i = 1, TASKS - 1 do
    cancelled:measure(client.cancel, client, jobs[i])
  end
  closed:measure(client.close, client)
end
print_figures(stepped)
print_figures(cancelled)
print_figures(closed)
