--- Failures: what they say to people, and what to programs.

local failure = require "kling.failure"

local function attempt(fields)
  fields.at = fields.at or 1777385361.5
  fields.request = fields.request or "query"
  if fields.retryable == nil then
    fields.retryable = false
  end
  return fields
end

local MAINTENANCE = {
  code = "unavailable", http_status = 503, service_code = "5001", service_message = "maintenance",
}

-- A failure as the core reports it, with some facts changed.
local function make(changes)
  local facts = {
    code = "unavailable", operation = "wait", task_state = "exists", billed = "yes",
    task_id = "878106242831892487", external_task_id = "clip-7",
  }
  for name, value in pairs(changes or {}) do
    facts[name] = value ~= "none" and value or nil
  end
  return failure.new(facts)
end

local function make_submit(changes)
  changes.operation, changes.task_id = "submit", "none"
  changes.task_state = changes.task_state or "not-created"
  return make(changes)
end

describe("a failure", function()
  it("has the facts", function()
    local made = make()
    assert.equal("unavailable", made.code)
    assert.equal("wait", made.operation)
    assert.equal("878106242831892487", made.task_id)
    assert.equal("clip-7", made.external_task_id)
    assert.equal("exists", made.task_state)
    assert.equal("yes", made.billed)
    assert.same({}, made.attempts)
    assert.is_nil(made.http_status)
    assert.is_nil(made.service_code)
    assert.is_nil(made.reason)
  end)

  it("is its message when it is made a string", function()
    local made = make()
    assert.is_string(made.message)
    assert.equal(made.message, tostring(made))
  end)

  it("is the third of three values", function()
    local result, message, made = failure.give {
      code = "closed", operation = "wait", task_state = "exists", billed = "yes",
    }
    assert.is_nil(result)
    assert.equal(made.message, message)
    assert.equal("closed", made.code)
  end)

  it("has what the last attempt was told", function()
    local made = make { attempts = {
      attempt { code = "network", transport = "Couldn't connect" },
      attempt {
        code = "unavailable", http_status = 503, service_code = "5001", request_id = "r-1",
        service_message = "maintenance", retryable = true,
      },
    } }
    assert.equal(503, made.http_status)
    assert.equal("5001", made.service_code)
    assert.equal("maintenance", made.service_message)
    assert.equal("r-1", made.request_id)
  end)

  it("is explained by the attempt that has its code", function()
    local made = make_submit { code = "network", task_state = "may-exist", attempts = {
      attempt { code = "network", request = "create", transport = "Recv failure" },
      attempt { code = "not_found", http_status = 400, service_message = "Task not found" },
    } }
    assert.matches("Recv failure", made.message)
    assert.is_nil(made.http_status)
    assert.equal(2, #made.attempts)
  end)

  it("has every attempt in one line", function()
    local made = make { attempts = {
      attempt { at = 1, request = "create", transport = "Couldn't connect to server" },
      attempt { at = 2, http_status = 502 },
      attempt {
        at = 3, http_status = 429, service_code = "1303", service_message = "too\nmany\tof\0it",
      },
      attempt { at = 4, request = "download", io = "No space left on device" },
      attempt { at = 5, service_message = "only words" },
      attempt { at = 6 },
    } }
    assert.same({
      { at = 1, request = "create", outcome = "Couldn't connect to server" },
      { at = 2, request = "query", outcome = "HTTP 502" },
      { at = 3, request = "query", outcome = "HTTP 429, code 1303: too many of it" },
      { at = 4, request = "download", outcome = "No space left on device" },
      { at = 5, request = "query", outcome = "only words" },
      { at = 6, request = "query", outcome = "" },
    }, made.attempts)
  end)
end)

describe("a failure's message", function()
  it("says what was being done, to what, and why it failed", function()
    assert.equal("task 878106242831892487: the service is not available", make().message)
    assert.equal(
      "task 878106242831892487: the service is not available (HTTP 503, code 5001: maintenance)",
      make({ attempts = { attempt(MAINTENANCE) } }).message)
    local refused = attempt { code = "auth", http_status = 401 }
    assert.equal(
      "cannot submit the task (external id clip-7): the key was refused (HTTP 401)",
      make_submit({ code = "auth", attempts = { refused } }).message)
    assert.equal(
      "cannot save task as out/1.mp3: the file could not be written (No space left on device)",
      make({
        code = "io", operation = "save", path = "out/1.mp3",
        attempts = { attempt { code = "io", io = "No space left on device" } },
      }).message)
    assert.equal("cannot list tasks: no answer came from the service",
      make({
        code = "network", operation = "list", task_id = "none", external_task_id = "none",
      }).message)
  end)

  it("says the service's reason for a failed task, or that it gave none", function()
    local told = make { code = "failed", attempts = { attempt {
      code = "failed", http_status = 200, service_message = "Image pixel is invalid",
    } } }
    local gave_up = "task 878106242831892487: the service gave up on the task: "
    assert.equal(gave_up .. "Image pixel is invalid", told.message)
    local silent = make { code = "failed", attempts = { attempt { code = "failed" } } }
    assert.equal(gave_up .. "it gave no reason", silent.message)
  end)

  it("says what was wrong last when the time is over", function()
    local over = "task 878106242831892487: the time was over first"
    assert.equal(over, make({ code = "timeout" }).message)
    assert.equal(
      over .. " (last trouble: HTTP 502)",
      make({ code = "timeout", attempts = { attempt { http_status = 502 } } }).message)
  end)

  it("says nothing of attempts when the program itself made an end", function()
    for _, code in ipairs { "cancelled", "closed", "not_yieldable" } do
      local made = make { code = code, attempts = { attempt(MAINTENANCE) } }
      assert.is_nil(made.message:find("503", 1, true))
      assert.is_nil(made.http_status)
      assert.is_nil(made.service_code)
      assert.is_nil(made.service_message)
      assert.equal(1, #made.attempts)
    end
  end)

  it("says a reason it was given", function()
    local made = make { code = "protocol", operation = "save", reason = "the result has no wav" }
    assert.equal("cannot save task 878106242831892487: the result has no wav", made.message)
  end)

  it("is one line", function()
    local made = make { attempts = { attempt {
      code = "unavailable", http_status = 502, service_message = "<html>\r\n<b>\0\27[31mBad\n</b>",
    } } }
    assert.is_nil(made.message:find "%c")
    assert.is_nil(made.service_message:find "%c")
  end)
end)

describe("a signed URL", function()
  local SECRET = "c2VjcmV0"

  local function shown(words)
    local made = make { code = "failed", attempts = { attempt {
      code = "failed", service_message = words,
    } } }
    for _, text in ipairs { made.message, made.service_message, made.attempts[1].outcome } do
      assert.is_nil(text:find(SECRET, 1, true), text)
    end
    return made.service_message
  end

  it("is shown without what signs it", function()
    assert.equal("cannot fetch https://a.example/b.mp4?... now",
      shown("cannot fetch https://a.example/b.mp4?Expires=1&Signature=" .. SECRET .. " now"))
    assert.equal("(http://a/b?...", shown("(http://a/b#" .. SECRET .. ")"))
    assert.equal("'https://a/b?...' and \"https://c/d?...\"",
      shown(("'https://a/b?s=%s' and \"https://c/d?s=%s\""):format(SECRET, SECRET)))
    assert.equal("<a href=https://a/b?...>", shown("<a href=https://a/b?s=" .. SECRET .. ">"))
    assert.equal("HTTPS://A/B?...", shown("HTTPS://A/B?S=" .. SECRET))
    local often = ("https://a/b?s=%s?t=%s#%s"):format(SECRET, SECRET, SECRET)
    assert.equal("https://a/b?...", shown(often))
  end)

  it("is found in JSON inside of words", function()
    shown([[{"url":"https:\/\/cdn.example.com\/b.mp4?Signature=]] .. SECRET .. [["}]])
    shown([[{\"url\":\"https:\\/\\/cdn.example.com\\/b.mp4?Signature=]] .. SECRET .. [[\"}]])
    shown([[{"url":"https://cdn.example.com/b.mp4?Expires=1\u0026Signature=]] .. SECRET .. [["}]])
  end)

  it("is not what has no query", function()
    for _, words in ipairs {
      "see https://docs.example.com/errors", "why? because", "Task not found by id/external id: 7",
    } do
      assert.equal(words, shown(words))
    end
  end)
end)

describe("a failure that can pass", function()
  it("is one of its code, when nothing was tried", function()
    local passing = { timeout = true, network = true, unavailable = true, rate_limited = true }
    for _, code in ipairs {
      "network", "timeout", "auth", "quota", "rejected", "policy", "rate_limited", "not_found",
      "unavailable", "protocol", "failed", "expired", "cancelled", "closed", "io", "nomem",
      "not_yieldable",
    } do
      assert.equal(passing[code] or false, make({ code = code }).retryable)
    end
  end)

  it("is what its last attempt says, when that was the end of it", function()
    for _, retryable in ipairs { true, false } do
      local made = make { code = "rate_limited", attempts = {
        attempt { code = "rate_limited", retryable = not retryable },
        attempt { code = "rate_limited", retryable = retryable },
      } }
      assert.equal(retryable, made.retryable)
    end
    local late = { attempt { code = "timeout", request = "create", retryable = false } }
    assert.is_true(make({ code = "timeout", operation = "wait", attempts = late }).retryable)
    local earlier = attempt { code = "network", retryable = true }
    assert.is_false(make({ code = "auth", attempts = { earlier } }).retryable)
  end)

  it("is never a create that may have arrived", function()
    for _, state in ipairs { "may-exist", "exists" } do
      local made = make_submit { code = "network", task_state = state, attempts = {
        attempt { code = "network", request = "create", retryable = true },
      } }
      assert.is_false(made.retryable)
    end
    local safe = make_submit { code = "network", attempts = {
      attempt { code = "network", request = "create", retryable = true },
    } }
    assert.is_true(safe.retryable)
  end)
end)

describe("a failure's hint", function()
  it("says where to look for a task that may exist", function()
    local hint = make_submit({ code = "network", task_state = "may-exist" }).hint
    assert.truthy(hint:find("external_task_id clip-7", 1, true))
    assert.truthy(hint:find("billed", 1, true))
    local nameless = { code = "network", task_state = "may-exist", external_task_id = "none" }
    assert.truthy(make_submit(nameless).hint:find("(none)", 1, true))
  end)

  it("says that the service has no cancel", function()
    assert.truthy(make({ code = "cancelled" }).hint:find("no cancel", 1, true))
    assert.truthy(make_submit({ code = "cancelled" }).hint:find("Nothing was made", 1, true))
    local maybe = make_submit { code = "cancelled", task_state = "may-exist" }
    assert.truthy(maybe.hint:find("clip-7", 1, true))
  end)

  it("says that an external id is taken", function()
    local made = make_submit { code = "rejected", task_state = "exists", billed = "no" }
    assert.truthy(made.hint:find("another id", 1, true))
    assert.is_nil(make_submit({ code = "rejected" }).hint:find("another id", 1, true))
  end)

  it("says that a task which was made and not found must not be made again", function()
    local made = make_submit { code = "network", task_state = "exists", billed = "maybe" }
    assert.truthy(made.hint:find("external_task_id clip-7 was made", 1, true))
  end)

  it("says attach of a closed client only where there is a task", function()
    assert.truthy(make({ code = "closed" }).hint:find("attach", 1, true))
    local queued = make_submit { code = "closed", billed = "no" }
    assert.truthy(queued.hint:find("submit again", 1, true))
    assert.is_nil(queued.hint:find("attach", 1, true))
    local lost = make_submit { code = "closed", task_state = "may-exist", billed = "maybe" }
    assert.truthy(lost.hint:find("clip-7", 1, true))
    assert.is_nil(lost.hint:find("nothing was made", 1, true))
  end)

  it("is what it was told to be", function()
    assert.equal("Save again.", make({ hint = "Save again." }).hint)
  end)
end)
