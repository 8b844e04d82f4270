--- `kling run`: from a clip to files with sound, in one go.

local arguments = require "kling.cli.arguments"
local report = require "kling.cli.report"
local session = require "kling.cli.session"

local run = {}

function run.configure(parser)
  parser:description "Submit a clip, wait for its sound and save it."
  arguments.request(parser)
  arguments.files(parser)
  arguments.store(parser)
  arguments.spending(parser)
  arguments.service(parser)
end

function run.run(args)
  local outcome = session.run(args, function(self)
    local done, failure = self:submit(arguments.to_request(args))
    if done then
      done, failure = self:wait()
    end
    if not done then
      return nil, failure
    end
    return self:save()
  end)
  return report.finish(args, outcome, function()
    report.show_dry_run(outcome)
    if outcome.task_id then
      report.line("task " .. outcome.task_id)
    end
    report.show_files(outcome.files)
  end)
end

return run
