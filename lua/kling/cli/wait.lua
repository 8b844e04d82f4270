--- `kling wait`: wait for a task, from whichever process it was submitted.

local arguments = require "kling.cli.arguments"
local report = require "kling.cli.report"
local session = require "kling.cli.session"

local wait = {}

function wait.configure(parser)
  parser:description "Wait until a task has ended and print the links to its files."
  arguments.task(parser)
  arguments.store(parser)
  arguments.service(parser)
end

function wait.run(args)
  local outcome = session.run(args, function(self)
    self:attach(args.id)
    return self:wait()
  end)
  return report.finish(args, outcome, function()
    report.show_links(outcome.result)
  end)
end

return wait
