--- `kling submit`: queue a task and go, as soon as the service has it.

local arguments = require "kling.cli.arguments"
local report = require "kling.cli.report"
local session = require "kling.cli.session"

local submit = {}

function submit.configure(parser)
  parser:description "Submit a clip and print the task's id once the service has accepted it."
  arguments.request(parser)
  arguments.store(parser)
  arguments.spending(parser)
  arguments.service(parser)
end

function submit.run(args)
  local outcome = session.run(args, function(self)
    local queued, failure = self:submit(arguments.to_request(args))
    if not queued then
      return nil, failure
    end
    return self:wait_until_accepted()
  end)
  return report.finish(args, outcome, function()
    report.show_dry_run(outcome)
    if outcome.task_id then
      report.line(outcome.task_id)
    end
  end)
end

return submit
