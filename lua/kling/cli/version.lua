--- `kling version`.

local kling = require "kling"

local version = {}

function version.configure(parser)
  parser:description "Print the version."
end

function version.run()
  print("kling " .. kling.version)
  return 0
end

return version
