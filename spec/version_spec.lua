--- The version is the same wherever it is said.

local core = require "kling.core"
local kling = require "kling"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read "*a"
  file:close()
  return text
end

describe("the version", function()
  local version = read("src/version.h"):match 'KLING_VERSION "([^"]+)"'

  it("is three numbers", function()
    assert.is_truthy(version:match "^%d+%.%d+%.%d+$")
  end)

  it("is the one the header says, in the core and the module", function()
    assert.equal(version, core.version)
    assert.equal(version, kling.version)
  end)

  it("is the newest in the changelog", function()
    assert.equal(version, read("CHANGELOG.md"):match "\n## (%d+%.%d+%.%d+)")
  end)
end)
