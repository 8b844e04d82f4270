--- `kling resume`: goes on with what an earlier process left unfinished.

local arguments = require "kling.cli.arguments"
local many = require "kling.cli.many"
local memory = require "kling.cli.memory"
local report = require "kling.cli.report"

local resume = {}

function resume.configure(parser)
  parser:description("Go on with the tasks of a store that no living process has: submit what "
    .. "was not, find what was lost, wait, and save the files.")
  arguments.files(parser)
  arguments.store(parser, arguments.FOLDER_STORE)
  arguments.limits(parser)
  arguments.service(parser)
end

local function rows_of(jobs)
  local rows, indexes = {}, {}
  for i, job in ipairs(jobs) do
    local _, info = job:poll()
    local id = info.external_task_id
    rows[i] = { name = id, fields = { external_task_id = id } }
    indexes[i] = i
  end
  return rows, indexes
end

function resume.run(args)
  args.store = args.store or memory.of_folder(args.out)
  if not memory.is_there(args.store) then
    return report.finish(args, { failure = memory.missing(args.store) }, function() end)
  end
  return many.run(args, function(session, begin)
    local jobs, _, failure = session.client:reconcile()
    if not jobs then
      return nil, failure
    end
    local rows, indexes = rows_of(jobs)
    begin(rows):map(jobs, indexes)
  end)
end

return resume
