--- What is exported is documented in meta.lua, and the reverse.

local core = require "kling.core"
local kling = require "kling"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

local meta = read "lua/kling/meta.lua"

local function sorted(names)
  table.sort(names)
  return names
end

local function keys(t)
  local names = {}
  for name in pairs(t) do
    names[#names + 1] = name
  end
  return sorted(names)
end

--- Names in `function <owner><separator>NAME(`.
local function documented_functions(owner, separator)
  local names = {}
  for found, mark, name in meta:gmatch "\nfunction (%w+)([.:])([%w_]+)%(" do
    if found == owner and mark == separator then
      names[#names + 1] = name
    end
  end
  return names
end

--- Names in the `---@field NAME` lines right after `---@class <class>`.
local function documented_fields(class)
  local lines = meta:match("\n%-%-%-@class " .. class:gsub("%.", "%%.") .. "\n(.-)\nlocal ")
  local names = {}
  for name in assert(lines):gmatch "%-%-%-@field ([%w_]+)" do
    names[#names + 1] = name
  end
  return names
end

--- The strings of an alias: `---| "NAME"` lines.
local function documented_strings(alias)
  local names = {}
  local inside = false
  for line in meta:gmatch "[^\n]*" do
    if line:sub(1, 9) == "---@alias" then
      inside = line == "---@alias " .. alias
    elseif inside and line:match '^%-%-%-| "' then
      names[#names + 1] = line:match '"([^"]+)"'
    end
  end
  return sorted(names)
end

local function join(a, b)
  local all = {}
  for _, list in ipairs { a, b } do
    for _, name in ipairs(list) do
      all[#all + 1] = name
    end
  end
  return sorted(all)
end

describe("the public surface", function()
  it("documents what the module has, and only that", function()
    local documented = join(documented_functions("kling", "."), documented_fields "kling")
    assert.same(documented, keys(kling))
  end)

  it("documents every client method, and only those", function()
    assert.same(sorted(documented_functions("Client", ":")), keys(core.Client))
  end)

  it("documents every job method, and only those", function()
    assert.same(sorted(documented_functions("Job", ":")), keys(core.Job))
  end)

  it("documents every failure code, and only those", function()
    assert.same(documented_strings "kling.Code", keys(core.errors))
  end)

  it("gives every failure code a meaning, and programs the same table", function()
    assert.equal(core.errors, kling.errors)
    for code, meaning in pairs(kling.errors) do
      assert.is_string(meaning, code)
      assert.is_truthy(meaning:match "%S", code)
    end
  end)

  it("documents a function where it is public: none without a sentence", function()
    for comment, name in meta:gmatch "\n([^\n]*)\nfunction (%w+[.:][%w_]+)%(" do
      assert.equal("---", comment:sub(1, 3), name)
    end
  end)
end)
