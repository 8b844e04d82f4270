--- The lines of a batch: a request each, all of them checked before any costs money.

local core = require "kling.core"
local json = require "cjson.safe"
local map = require "kling.map"
local request = require "kling.request"

local M = {}

-- A UUID that says nothing but is always the same for the same text (RFC 9562, version 8).
local function uuid_of(text)
  local hex = core.sha256(text)
  local variant = tonumber(hex:sub(17, 17), 16) % 4 + 8
  return ("%s-%s-8%s-%x%s-%s"):format(hex:sub(1, 8), hex:sub(9, 12), hex:sub(14, 16), variant,
    hex:sub(18, 20), hex:sub(21, 32))
end

-- JSON's null is as good as absent.
local function without_nulls(fields)
  local kept = {}
  for name, value in pairs(fields) do
    if value ~= json.null then
      kept[name] = value
    end
  end
  return kept
end

local function parse(number, text)
  local value, problem = json.decode(text)
  if problem then
    return nil, "JSON expected; " .. problem
  elseif type(value) ~= "table" or #value > 0 then
    return nil, "a JSON object expected"
  end
  local checked, is_duplicate = map.check_request(without_nulls(value))
  if not checked then
    return nil, is_duplicate
  end
  return { number = number, request = checked, is_duplicate = is_duplicate }
end

-- The same line is the same task: run again, in whatever order, it is found and not paid for
-- again. A wanted duplicate is told apart by which occurrence in the file it is.
local function identify(line, seen)
  local fingerprint = request.fingerprint(line.request)
  line.id = line.request.external_task_id
  if not line.id then
    local count = (seen[fingerprint] or 0) + 1
    seen[fingerprint] = count
    line.id = uuid_of(("kling batch\n%s\n%d"):format(fingerprint, line.is_duplicate and count or 1))
    return nil
  end
  local first = seen[line.id] or { number = line.number, fingerprint = fingerprint }
  seen[line.id] = first
  return first.fingerprint ~= fingerprint
    and ("external_task_id: line %d has it for another request"):format(first.number) or nil
end

-- A mark of byte order at the start and DOS's ends of lines are no part of the JSON.
local function clean(text)
  return (text:gsub("^\239\187\191", ""):gsub("\r$", ""))
end

local function open(path)
  local file, problem = io.open(path, "rb")
  if file then
    local _
    _, problem = file:read(0) -- a folder can be opened
    if problem then
      file:close()
      return nil, ("%s: %s"):format(path, problem)
    end
  end
  return file, problem
end

local function parse_all(file, is_duplicate)
  local list, problems, seen, number = {}, {}, {}, 0
  for text in file:lines() do
    number = number + 1
    text = clean(text)
    if text:find "%S" then
      local line, problem = parse(number, text)
      if line then
        line.is_duplicate = line.is_duplicate or is_duplicate
        problem = identify(line, seen)
        list[#list + 1] = line
      end
      problems[#problems + 1] = problem and ("line %d: %s"):format(number, problem)
    end
  end
  return list, problems
end

--- Read a file: a list of `{ number, request, id }`; or nil and what is wrong with it.
function M.read(path, is_duplicate)
  local file, problem = open(path)
  if not file then
    return nil, problem
  end
  local list, problems = parse_all(file, is_duplicate)
  file:close()
  if #problems > 0 then
    local others = #problems > 1 and (" (and %d more lines are wrong)"):format(#problems - 1) or ""
    return nil, ("%s: %s%s"):format(path, problems[1], others)
  elseif #list == 0 then
    return nil, path .. ": no line has a request"
  end
  return list
end

return M
