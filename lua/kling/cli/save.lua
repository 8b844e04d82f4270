--- `kling save`: download a task's files.

local arguments = require "kling.cli.arguments"
local report = require "kling.cli.report"
local session = require "kling.cli.session"

local save = {}

function save.configure(parser)
  parser:description "Save a task's files; waits for it when it has not ended."
  arguments.task(parser)
  arguments.files(parser)
  arguments.store(parser)
  arguments.service(parser)
end

function save.run(args)
  local outcome = session.run(args, function(self)
    self:attach(args.id)
    return self:save()
  end)
  return report.finish(args, outcome, function()
    report.show_files(outcome.files)
  end)
end

return save
