--- The reply reader: every shape of reply that the service is known or feared to send.

local core = require "kling.core"
local fixture = require "spec.support.fixture"

local ALWAYS = { "kind", "verdict", "code", "state", "result", "items" }
-- What cannot be read may still have an id in it; nothing is promised about that.
local WHEN_READABLE = {
  "task_id",
  "external_task_id",
  "request_id",
  "status",
  "status_message",
  "created_at",
  "updated_at",
}
local WHEN_REFUSED = { "service_code", "service_message" }
local MILLISECOND = 0.0005 -- half of one: times come in milliseconds and leave as seconds

local function same(expected, actual)
  if type(expected) == "table" then
    local between = expected.between
    return actual == nil or actual >= between[1] and actual <= between[2]
  elseif type(expected) == "number" and type(actual) == "number" then
    return math.abs(expected - actual) <= MILLISECOND
  end
  return expected == actual
end

-- false, nil and "" all say: there is none.
local function present(value)
  if value == false or value == "" then
    return nil
  end
  return value
end

local function compare(names, expected, reply)
  for _, name in ipairs(names) do
    local wanted, actual = expected[name], present(reply[name])
    local text = ("%s: expected %s, got %s"):format(name, tostring(wanted), tostring(actual))
    assert(same(wanted, actual), text)
  end
end

local function check(expected, reply)
  compare(ALWAYS, expected, reply)
  if expected.kind ~= "unreadable" then
    compare(WHEN_READABLE, expected, reply)
  end
  if expected.kind == "error" then
    compare(WHEN_REFUSED, expected, reply)
  end
end

-- Bytes that nobody has decompressed are not JSON.
local function undecoded(status)
  local code = status < 300 and "protocol" or "unavailable"
  return { kind = "unreadable", code = code, verdict = "trouble" }
end

local function read(operation, case)
  return core.read_reply(operation, case.status, case.body)
end

describe("the reply reader", function()
  local expected = fixture.expected()

  it("has facts for each fixture and a fixture for all facts", function()
    local named = {}
    for name in pairs(expected) do
      named[#named + 1] = name
    end
    table.sort(named)
    assert.same(named, fixture.names())
  end)

  for _, name in ipairs(fixture.names()) do
    for operation, facts in pairs(expected[name] or {}) do
      it(("reads %s as the reply to a %s"):format(name, operation), function()
        local case = fixture.load(name)
        check(case.encoded and undecoded(case.status) or facts, read(operation, case))
      end)
    end
  end

  it("says nothing about the reason of a failed task but the reason", function()
    for _, name in ipairs { "query-failed", "query-failed-no-reason", "query-failed-no-message" } do
      local reply = read("query", fixture.load(name))
      assert.equal("failed", reply.state)
      assert.not_equal("SUCCEED", reply.service_message)
    end
  end)

  it("finds nothing in a reply cut short at any byte", function()
    for _, name in ipairs { "create-ok", "query-succeed", "query-wrapped-succeed-envelope" } do
      local body = fixture.load(name).body
      for length = 0, #body - 1 do
        assert.equal("unreadable", core.read_reply("query", 200, body:sub(1, length)).kind)
      end
    end
  end)

  it("takes any byte in any place", function()
    local body = fixture.load("query-wrapped-succeed-envelope").body
    for at = 1, #body do
      for _, byte in ipairs { "\0", '"', "{", "}", "\\", "\255", "9" } do
        local reply = core.read_reply("query", 200, body:sub(1, at - 1) .. byte .. body:sub(at + 1))
        assert.is_string(reply.verdict)
      end
    end
  end)

  -- Members are looked for among those of their length.
  it("is not misled by other members of any length", function()
    local others = {}
    for length = 0, 40 do
      for _, letter in ipairs { "d", "t", "x" } do
        others[#others + 1] = ('"%s":"other"'):format(letter:rep(length))
      end
    end
    others = table.concat(others, ",")
    for _, name in ipairs { "query-succeed", "query-wrapped-succeed-envelope" } do
      local case = fixture.load(name)
      local body = case.body:gsub("{%s*\"", function(opening)
        return "{" .. others .. "," .. opening:sub(2)
      end)
      check(expected[name].query, core.read_reply("query", case.status, body))
    end
  end)

  it("finds the external id beside the task id, where task_info has none", function()
    local body = '{"data":{"task_id":"1","external_task_id":"mine","task_status":"submitted"}}'
    assert.equal("mine", core.read_reply("query", 200, body).external_task_id)
  end)

  it("takes a reply with an error in it for one, whatever else it has", function()
    local body = '{"error":{"message":"no"},"data":{"task_id":"1","task_status":"submitted"}}'
    assert.equal("error", core.read_reply("query", 200, body).kind)
  end)

  it("raises for an operation it does not know", function()
    assert.has_error(function()
      core.read_reply("delete", 200, "{}")
    end)
  end)
end)

describe("a fixture", function()
  it("says where it is from: source, section, confidence; what it is", function()
    for _, name in ipairs(fixture.names()) do
      local source = fixture.load(name).source
      assert.truthy(source:match "^%u[%w#/., -]*, section %d[%d.]* %[[ABCX]%]; %S", name)
    end
  end)

  it("is as long as it says, except where the case is that it is not", function()
    for _, name in ipairs(fixture.names()) do
      local case = fixture.load(name)
      local length = tonumber(case.headers["content-length"])
      if name == "error-200-cut" then
        assert.is_true(#case.body < length)
      elseif length then
        assert.equal(length, #case.body, name)
      else
        assert.truthy(case.headers["transfer-encoding"] or case.headers.connection, name)
      end
    end
  end)

  it("is compressed when it says so", function()
    for _, name in ipairs(fixture.names()) do
      local case = fixture.load(name)
      assert.equal(case.encoded, case.body:sub(1, 2) == "\31\139", name)
    end
  end)
end)
