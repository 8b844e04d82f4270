--- `kling list`: the account's tasks, or those of a store that have not ended.

local arguments = require "kling.cli.arguments"
local memory = require "kling.cli.memory"
local report = require "kling.cli.report"
local session = require "kling.cli.session"
local usage = require "kling.cli.usage"

local list = {}

function list.configure(parser)
  parser:description("Print one page of the account's tasks, where the service can list them; "
    .. "or, with --pending, the tasks of a store that have not ended.")
  arguments.page(parser)
  parser:flag("--pending", "what --store knows not to have ended; asks no service")
  arguments.store(parser)
  arguments.service(parser)
end

local function holder_of(record)
  if record.is_free then
    return "held by nobody"
  end
  return ("held until %s by %s"):format(
    os.date("%H:%M:%S", math.floor(record.lease_until)), record.owner)
end

local function pending_tasks(args)
  if not args.store then
    usage.fail "--pending: --store expected"
  end
  local store, _, failure = memory.open(args, args.store)
  if not store then
    return { failure = failure }
  end
  local records
  records, _, failure = store:pending()
  store:close()
  local tasks = {}
  for i, record in ipairs(records or {}) do
    tasks[i] = {
      task_id = record.task_id,
      external_task_id = record.external_task_id,
      state = record.state,
      created_at = record.created_at,
      request = record.request,
      owner = record.owner,
      lease_until = record.lease_until,
      status_message = not args.json and holder_of(record) or nil,
    }
  end
  return { tasks = records and tasks, failure = failure }
end

function list.run(args)
  local outcome
  if args.pending then
    outcome = pending_tasks(args)
  else
    outcome = session.run(args, function(self)
      return self:list()
    end)
  end
  return report.finish(args, outcome, function()
    report.show_tasks(outcome.tasks)
  end)
end

return list
