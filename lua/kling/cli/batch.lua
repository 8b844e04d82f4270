--- `kling batch`: a file of requests, one a line, to a folder of files; again and again, until
--- nothing is missing.

local arguments = require "kling.cli.arguments"
local core = require "kling.core"
local earlier = require "kling.cli.earlier"
local failures = require "kling.failure"
local lines = require "kling.cli.lines"
local many = require "kling.cli.many"
local memory = require "kling.cli.memory"
local report = require "kling.cli.report"
local usage = require "kling.cli.usage"

local batch = {}

local ABOUT = [[
Submit every line of a file, wait, and save the files. Run it again and only what is missing is
done: the same line is the same task, and is paid for once.]]

local FORM = [[
A line is a JSON object: {"video_url": "https://example.com/1.mp4", "sound_effect_prompt": "rain"};
also video_id, bgm_prompt, asmr_mode, callback_url, and external_task_id, which makes a task of its
own of a line that is there already.]]

function batch.configure(parser)
  parser:description(ABOUT)
  parser:epilog(FORM)
  parser:argument("file", "requests, one JSON object a line"):argname "<file.jsonl>"
  arguments.files(parser)
  arguments.store(parser, arguments.FOLDER_STORE)
  arguments.spending(parser)
  arguments.service(parser)
end

local function rows_of(list)
  local rows = {}
  for i, line in ipairs(list) do
    rows[i] = {
      name = "line " .. line.number,
      fields = { line = line.number, external_task_id = line.id },
    }
  end
  return rows
end

local function do_rest(all, list, done)
  local requests, indexes = {}, {}
  for i, line in ipairs(list) do
    if done[i] then
      all:note(i, done[i], true)
    else
      line.request.external_task_id = line.id
      requests[#requests + 1] = line.request
      indexes[#indexes + 1] = i
    end
  end
  all:map(requests, indexes)
end

-- The store is in the folder, and is there before anything is sent.
local function make_folder(folder)
  local made, problem = core.make_folder(folder)
  if not made then
    return failures.new { code = "io", operation = "save", path = folder, reason = problem,
      task_state = "not-created", billed = "no" }
  end
end

function batch.run(args)
  local list, problem = lines.read(args.file, args.duplicate)
  if not list then
    usage.fail(problem)
  end
  args.store = args.store or memory.of_folder(args.out)
  local failure, done, _ = make_folder(args.out)
  if not failure then
    done, _, failure = earlier.find(list, args)
  end
  if failure then
    return report.finish(args, { failure = failure }, function() end)
  end
  return many.run(args, function(_, begin)
    do_rest(begin(rows_of(list)), list, done)
  end)
end

return batch
