--- Checks tables that people write (options, fault scripts, control requests) field by field.

local shape = {}

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
      local best = math.min(row[j] + 1, row[j - 1] + 1, diagonal + cost)
      diagonal, row[j] = row[j], best
    end
  end
  return row[#b]
end

--- "; did you mean 'x'", or nothing when no known name comes near.
---@param name string
---@param known table the names are its keys
function shape.hint(name, known)
  local best, at
  for candidate in pairs(known) do
    local d = distance(name, candidate)
    if not at or d < at or (d == at and candidate < best) then
      best, at = candidate, d
    end
  end
  if best and at <= math.max(2, #name / 3) then
    return ("; did you mean '%s'?"):format(best)
  end
  return ""
end

local function fits(value, kinds)
  return kinds:find(type(value), 1, true) ~= nil
end

--- Check `given` against `spec`: field name -> the types it may have, "number|string".
---@param what string "option" or "field", for the message
---@return boolean|nil fine
---@return string? message
function shape.check(what, given, spec)
  for name, value in pairs(given) do
    local kinds = spec[name]
    if not kinds then
      name = tostring(name)
      return nil, ("unknown %s '%s'%s"):format(what, name, shape.hint(name, spec))
    elseif not fits(value, kinds) then
      local text = "%s '%s': %s expected, got %s"
      return nil, text:format(what, name, (kinds:gsub("|", " or ")), type(value))
    end
  end
  return true
end

return shape
