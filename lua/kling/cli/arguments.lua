--- The arguments that several commands have, declared once.

local M = {}

local function number(text, least, expected)
  local value = tonumber(text)
  if value and value >= least then -- not nan
    return value
  end
  return nil, ("%s expected, got '%s'"):format(expected, text)
end

local function seconds(text)
  return number(text, 0, "seconds, 0 or more,")
end

local function above_zero(text)
  local value, problem = seconds(text)
  if value == 0 then
    return nil, "more than 0 seconds expected"
  end
  return value, problem
end

local function whole(text)
  local value, problem = number(text, 1, "a whole number, 1 or more,")
  if value and value % 1 ~= 0 then
    return nil, ("a whole number expected, got '%s'"):format(text)
  end
  return value, problem
end

-- argparse says what is wrong with a value, but not whose value it is.
local function converted(parser, name, description, convert)
  return parser:option(name, description):convert(function(text)
    local value, problem = convert(text)
    return value, problem and ("%s: %s"):format(name, problem)
  end)
end

--- How to reach the service, how long to try, and how to report.
function M.service(parser)
  parser:option("--base-url", "where the service is; default: COMETAPI_BASE_URL, or CometAPI")
    :argname "<url>"
  parser:option("--ca", "PEM file of trusted certificates"):argname "<file>"
  parser:option("--proxy", "as libcurl takes it, http://127.0.0.1:3128"):argname "<url>"
  converted(parser, "--timeout", "seconds to wait, at most; a task goes on without us", seconds)
    :argname "<seconds>"
  parser:flag("--json", "one JSON object on standard output, also for a failure")
  parser:flag("--quiet", "no progress on a terminal")
end

--- What to ask for.
function M.request(parser)
  parser:option("--video-url", "clip to give a sound: MP4 or MOV, 3-20 s, 720p or 1080p")
    :argname "<url>"
  parser:option("--video-id", "or a video made by Kling in the last 30 days"):argname "<id>"
  parser:option("--sound", "sound effects, in at most 200 characters"):argname "<text>"
  parser:option("--music", "background music, in at most 200 characters"):argname "<text>"
  parser:flag("--asmr", "intensify fine detail")
  parser:option("--external-id", "an id of your own for the task; default: a new UUID")
    :argname "<id>"
  parser:option("--callback", "URL the service notifies"):argname "<url>"
end

--- What M.request declared, as the library wants it.
function M.to_request(args)
  return {
    video_url = args.video_url,
    video_id = args.video_id,
    sound_effect_prompt = args.sound,
    bgm_prompt = args.music,
    asmr_mode = args.asmr,
    external_task_id = args.external_id,
    callback_url = args.callback,
    duplicate = args.duplicate,
  }
end

--- Where tasks are remembered. `default` says which store it is when none is named.
function M.store(parser, default)
  local text = "where tasks are remembered: sqlite:FILE or postgresql://user@host/database"
  parser:option("--store", default and text .. "; default: " .. default or text):argname "<url>"
  converted(parser, "--lease", "seconds after which others may take over what a killed process "
    .. "had; default 15", above_zero):argname "<seconds>"
end

--- What a store is called that --out brings along.
M.FOLDER_STORE = "the file .kling.db in --out"

local function submits(text)
  local count = tonumber(text:match "^(%d+)$")
  if count then
    return count
  end
  local of, window = text:match "^(%d+)/(%d+)$"
  if not of or tonumber(window) == 0 then
    return nil, ("N or N/SECONDS expected, got '%s'"):format(text)
  end
  return { count = tonumber(of), seconds = tonumber(window) }
end

--- How often to pay, and what to do when it is unknown whether one has.
function M.limits(parser)
  converted(parser, "--max-submits", "submit at most N tasks, or N in so many seconds; with a "
    .. "store, all who share it together", submits):argname "<n[/seconds]>"
  parser:option("--resolve", "when it is unknown whether a task was made: query asks for it, "
    .. "resubmit also submits again what the service does not know, never does neither")
    :choices({ "query", "resubmit", "never" })
end

--- What a command that submits has beside the request.
function M.spending(parser)
  parser:flag("--dry-run", "check everything, submit nothing")
  parser:flag("--duplicate", "submit it though the same request was made just now")
  M.limits(parser)
end

--- Where files go.
function M.files(parser)
  parser:option("--out", "folder for the files, made when missing", "."):argname "<dir>"
  parser:option("--format", "mp3, wav or video; may be given again; default: all")
    :choices({ "mp3", "wav", "video" }):count "*"
  parser:flag("--overwrite", "replace files that exist")
  parser:flag("--no-verify", "keep also what is not of the format or the length that was promised")
end

--- Which task.
function M.task(parser)
  parser:argument("id", "task id, as submit prints it"):argname "<id>"
end

--- Which page of a list.
function M.page(parser)
  converted(parser, "--page", "1-1000; default 1", whole):argname "<n>"
  converted(parser, "--page-size", "1-500; default 30", whole):argname "<n>"
end

return M
