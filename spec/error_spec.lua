--- The codes of failures are the same wherever they are listed.

local core = require "kling.core"
local failure = require "kling.failure"

local function contents(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local function sorted(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function in_header()
  local codes = {}
  for code in contents("src/error.h"):gmatch 'X%([%u_]+, "([%l_]+)"' do
    codes[code] = true
  end
  return sorted(codes)
end

local function in_reference()
  local codes = {}
  local list = contents("lua/kling/meta.lua"):match "alias kling%.Code\n(.-)\n\n"
  for code in list:gmatch '%-%-%-| "([%l_]+)"' do
    codes[code] = true
  end
  return sorted(codes)
end

describe("the codes of failures", function()
  it("are those of error.h", function()
    assert.is_true(#in_header() > 10)
    assert.same(in_header(), sorted(core.errors))
  end)

  it("are those of the reference", function()
    assert.same(in_reference(), sorted(core.errors))
  end)

  it("each have a meaning, a name in small letters, and a message and hint", function()
    for code, meaning in pairs(core.errors) do
      assert.truthy(code:match "^[%l_]+$")
      assert.truthy(#meaning > 0)
      local made = failure.new {
        code = code, operation = "wait", task_state = "exists", billed = "yes", task_id = "1",
      }
      assert.truthy(made.message:match "^task 1: .+")
      assert.truthy(made.hint:match "^%u.*%.$")
    end
  end)
end)
