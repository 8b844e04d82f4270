--- What a user may set, checked: a wrong setting is an error where it was set.

local M = {}

local FORMATS = { mp3 = true, wav = true, video = true }

local function check_folder(folder)
  return folder == "" and "a folder expected, got ''" or nil
end

local function check_formats(formats)
  if #formats == 0 then
    return "at least one of 'mp3', 'wav' and 'video' expected"
  end
  for _, format in ipairs(formats) do
    if not FORMATS[format] then
      return ("'mp3', 'wav' or 'video' expected, got %s"):format(vim.inspect(format))
    end
  end
end

local function check_timeout(seconds)
  if seconds <= 0 or seconds ~= seconds then
    return ("more than 0 seconds expected, got %s"):format(seconds)
  end
end

local rules = {
  folder = { type = "string", default = "sounds", check = check_folder },
  formats = { type = "table", default = { "mp3", "wav", "video" }, check = check_formats },
  sound_effect_prompt = { type = "string" },
  bgm_prompt = { type = "string" },
  asmr_mode = { type = "boolean" },
  timeout = { type = "number", default = 1800, check = check_timeout },
  client = { type = "table", default = {} },
}

local function known_names()
  local names = vim.tbl_keys(rules)
  table.sort(names)
  return table.concat(names, ", ")
end

local function problem_with(name, value)
  local rule = rules[name]
  if not rule then
    return ("unknown setting '%s'; there are %s"):format(tostring(name), known_names())
  elseif type(value) ~= rule.type then
    return ("%s: %s expected, got %s"):format(name, rule.type, type(value))
  end
  local problem = rule.check and rule.check(value)
  return problem and ("%s: %s"):format(name, problem)
end

local function with_defaults(given)
  local merged = {}
  for name, rule in pairs(rules) do
    merged[name] = given[name] == nil and rule.default or given[name]
  end
  return merged
end

M.current = with_defaults {}

--- Replace the settings; what is not given goes back to its default.
function M.set(given)
  if given ~= nil and type(given) ~= "table" then
    error("kling: setup: a table expected, got " .. type(given), 3)
  end
  for name, value in pairs(given or {}) do
    local problem = problem_with(name, value)
    if problem then
      error("kling: setup: " .. problem, 3)
    end
  end
  M.current = with_defaults(given or {})
end

return M
