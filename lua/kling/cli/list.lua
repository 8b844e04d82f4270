--- `kling list`: the account's tasks.

local arguments = require "kling.cli.arguments"
local report = require "kling.cli.report"
local session = require "kling.cli.session"

local list = {}

function list.configure(parser)
  parser:description "Print one page of the account's tasks, where the service can list them."
  arguments.page(parser)
  arguments.service(parser)
end

function list.run(args)
  local outcome = session.run(args, function(self)
    return self:list()
  end)
  return report.finish(args, outcome, function()
    report.show_tasks(outcome.tasks)
  end)
end

return list
