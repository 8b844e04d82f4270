--- Known names, types, ranges and "did you mean", for every table a program gives us.

local M = {}

local function distance(a, b)
  local row = {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    local diagonal = row[0]
    row[0] = i
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      diagonal, row[j] = row[j], math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
    end
  end
  return row[#b]
end

--- The key of `known` that is nearest to `name`, or nil when none is near.
function M.nearest(name, known)
  local best, best_distance
  for candidate in pairs(known) do
    local d = distance(name:lower(), candidate)
    if not best or d < best_distance or (d == best_distance and candidate < best) then
      best, best_distance = candidate, d
    end
  end
  return best and best_distance <= math.max(2, math.floor(#name / 3)) and best or nil
end

--- "; did you mean 'x'?" or "".
function M.hint(name, known)
  local near = type(name) == "string" and M.nearest(name, known)
  return near and ("; did you mean '%s'?"):format(near) or ""
end

local function is_type(value, types)
  if type(value) == types then
    return true -- of one type, as most are
  end
  for name in types:gmatch "%a+" do
    if type(value) == name then
      return true
    end
  end
  return false
end

-- In the order in which they are asked; each says what was expected.
local ranges = {
  { "integer", function(value) return value % 1 == 0 end, "a whole number%s" },
  { "min", function(value, bound) return value >= bound end, "at least %s" },
  { "above", function(value, bound) return value > bound end, "more than %s" },
  { "max", function(value, bound) return value <= bound end, "at most %s" },
}

local function out_of_range(value, rule)
  if type(value) ~= "number" then
    return nil
  elseif value ~= value then
    return "a number expected, got nan"
  end
  for _, range in ipairs(ranges) do
    local bound = rule[range[1]]
    if bound and not range[2](value, bound) then
      local expected = range[3]:format(bound == true and "" or bound)
      return ("%s expected, got %s"):format(expected, value)
    end
  end
end

local function wrong(value, rule)
  if not is_type(value, rule.type) then
    return ("%s expected, got %s"):format(rule.type, type(value))
  end
  return out_of_range(value, rule) or (rule.check and rule.check(value))
end

--- A checked copy of `given` with the defaults of `rules` filled in. `rules` is a table
--- name -> { type=, default=, min=, above=, max=, integer=, check= }; `what` names the function
--- that checks, `level` is whom to blame, as for `error` (default 3: the caller of our caller).
function M.check(given, rules, what, level)
  level = level or 3
  if given ~= nil and type(given) ~= "table" then
    error(("%s: table expected, got %s"):format(what, type(given)), level)
  end
  local checked = {}
  for name, value in pairs(given or {}) do
    local rule = rules[name]
    if not rule then
      local text = "%s: unknown field '%s'%s"
      error(text:format(what, tostring(name), M.hint(name, rules)), level)
    end
    local problem = wrong(value, rule)
    if problem then
      error(("%s: %s: %s"):format(what, name, problem), level)
    end
    checked[name] = value
  end
  for name, rule in pairs(rules) do
    if checked[name] == nil then
      checked[name] = rule.default
    end
  end
  return checked
end

return M
