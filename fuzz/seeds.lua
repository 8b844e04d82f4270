--- Writes what fuzzers start from: the body of every fixture. Usage: lua fuzz/seeds.lua FOLDER

local fixture = require "spec.support.fixture"

local folder = assert(arg[1], "usage: lua fuzz/seeds.lua FOLDER")

for _, name in ipairs(fixture.names()) do
  local file = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(fixture.load(name).body)
  file:close()
end
