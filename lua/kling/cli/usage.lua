--- Wrong use: what the library raises for becomes a sentence about the command line's arguments.

local M = {}

-- The library's names and what they are called here.
local names = {
  api_key = "COMETAPI_KEY",
  asmr_mode = "--asmr",
  attach = "ID",
  base_url = "--base-url (or COMETAPI_BASE_URL)",
  bgm_prompt = "--music",
  callback_url = "--callback",
  external_task_id = "--external-id",
  folder = "--out",
  page = "--page",
  page_size = "--page-size",
  query = "ID",
  sound_effect_prompt = "--sound",
  store = "--store",
  ["store.open"] = "--store",
  video_id = "--video-id",
  video_url = "--video-url",
}

-- "submit: bgm_prompt: at most ..." -> "--music: at most ..."; values stay as they are.
local function translate(operation, problem)
  problem = problem:gsub("^exactly one of video_url and video_id",
    "exactly one of --video-url and --video-id")
  local field, rest = problem:match "^([%a_]+): (.*)$"
  field = field and names[field]
  if field then
    return ("%s: %s"):format(field, rest)
  end
  return names[operation] and ("%s: %s"):format(names[operation], problem) or problem
end

--- End the command with this message.
function M.fail(message)
  error({ code = "usage", message = message, hint = "See kling help." }, 0)
end

--- Call a function of the library with arguments that came from the command line. Called by pcall,
--- its complaints about them carry no position; anything else that is raised is a bug.
function M.call(operation, f, ...)
  local ok, value, message, failure = pcall(f, ...)
  if ok then
    return value, message, failure
  end
  local problem = type(value) == "string" and value:match("^" .. operation .. ": (.*)$")
  if problem then
    M.fail(translate(operation, problem))
  end
  error(value, 0)
end

return M
