--- `kling poll`: one look at a task.

local arguments = require "kling.cli.arguments"
local report = require "kling.cli.report"
local session = require "kling.cli.session"

local poll = {}

function poll.configure(parser)
  parser:description "Ask once how a task is and print it; exits with 0 even if it has failed."
  arguments.task(parser)
  arguments.service(parser)
end

function poll.run(args)
  local outcome = session.run(args, function(self)
    return self:query(args.id)
  end)
  return report.finish(args, outcome, function()
    report.show_tasks { outcome.task }
  end)
end

return poll
