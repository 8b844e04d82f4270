--- bin/kling for specs that do not want to wait: it looks at tasks all the time, and soon believes
--- that there is none.
local kling = require "kling"

local new = kling.new

function kling.new(options)
  options.first_poll, options.poll_interval, options.max_poll_interval = 0.05, 0.05, 0.05
  options.resolve_timeout = 2
  return new(options)
end

os.exit(require("kling.cli").main(arg))
