--- A name that has to be looked up for each request; bench/torture/resolver.so is the resolver.
-- lua5.4 bench/frames/names.lua URL REQUESTS, where %d in the URL is the request's number

local calls = require "bench.frames.calls"

local taken = calls.new()
for i = 1, tonumber(arg[2]) do
  local client = calls.client((arg[1]:gsub("%%d", tostring(i))))
  taken:follow(client, 1)
  client:close()
end
print(taken:figures())
