--- What may be asked of the service: the seven fields, their types and limits.
-- Sources: CometAPI "Video to Audio" and Kling's own page; see docs/contract.md, section 1.1.

local core = require "kling.core"
local options = require "kling.options"
local url = require "kling.url"
local utf8 = require "kling.utf8"

local M = {}

local PROMPT_MAX = 200 -- characters
local ID_MAX = 256 -- bytes; ours: no id of the service comes near it

local function check_utf8(text)
  local count, at = utf8.length(text)
  if not count then
    return nil, ("UTF-8 expected; byte %d is not"):format(at)
  end
  return count
end

local function check_prompt(text)
  local count, problem = check_utf8(text)
  if not count then
    return problem
  end
  if count > PROMPT_MAX then
    return ("at most %d characters expected, got %d"):format(PROMPT_MAX, count)
  end
end

local function check_url(text)
  if text == "" then
    return nil -- counts as absent
  end
  if not text:match "^[hH][tT][tT][pP][sS]?://[^/?#%s]+" or text:find "[%c%s]" then
    local shown = url.for_people(text):gsub("%c", "?"):sub(1, 80)
    return ("an http:// or https:// URL expected, got '%s'"):format(shown)
  end
  return select(2, check_utf8(text))
end

--- Why this cannot be an id, or nil.
function M.check_id(text)
  if #text > ID_MAX then
    return ("an id of at most %d bytes expected, got %d"):format(ID_MAX, #text)
  elseif text:find "%c" then
    return "an id without control characters expected"
  elseif text:match "^%.+$" then
    return ("an id expected, got '%s'"):format(text)
  end
  return select(2, check_utf8(text))
end

local rules = {
  video_id = { type = "string", check = M.check_id },
  video_url = { type = "string", check = check_url },
  sound_effect_prompt = { type = "string", check = check_prompt },
  bgm_prompt = { type = "string", check = check_prompt },
  asmr_mode = { type = "boolean" },
  external_task_id = { type = "string", check = M.check_id },
  callback_url = { type = "string", check = check_url },
  duplicate = { type = "boolean" }, -- ours: not sent
}

--- A checked copy without empty strings, which the service's own samples use for "absent"; and
--- whether it is wanted though the same was asked for before.
--- Raises, and blames the caller of our caller.
function M.check(request)
  if type(request) ~= "table" then
    error(("submit: table expected, got %s"):format(type(request)), 3)
  end
  local checked = options.check(request, rules, "submit", 4)
  for name, value in pairs(checked) do
    if value == "" then
      checked[name] = nil
    end
  end
  local has_url, has_id = checked.video_url ~= nil, checked.video_id ~= nil
  if has_url == has_id then
    local given = has_url and "both" or "neither"
    error(("submit: exactly one of video_url and video_id expected, got %s"):format(given), 3)
  end
  local is_duplicate = checked.duplicate == true
  checked.duplicate = nil
  return checked, is_duplicate
end

-- What the sound depends on. In a fixed order: processes compare the digests.
local IDENTITY = { "asmr_mode", "bgm_prompt", "sound_effect_prompt", "video_id", "video_url" }

--- A digest that requests for the same sound share. `asmr_mode = false` is the same as none.
function M.fingerprint(request)
  local parts = {}
  for _, name in ipairs(IDENTITY) do
    if request[name] then
      local text = tostring(request[name])
      parts[#parts + 1] = name .. "=" .. #text .. ":" .. text
    end
  end
  return core.sha256(table.concat(parts, ";"))
end

return M
