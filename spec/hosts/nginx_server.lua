--- kling in a running nginx: many waits on one worker, reloads and ends with tasks in flight.
-- Run by name: it needs nginx.

local cqueues = require "cqueues"
local emulator = require "spec.support.emulator"
local nginx = require "spec.hosts.nginx_server_process"

local LIFE = { submitted = 0.5, processing = 1 }
local PATIENCE = 60 -- seconds

describe("a running nginx", function()
  local server, process

  before_each(function()
    server = emulator.start { life = LIFE }
    process = nginx.start(server.url)
  end)

  after_each(function()
    process:stop()
    server:stop()
  end)

  local function wait_for_tasks(go_on, count)
    local deadline = cqueues.monotime() + PATIENCE
    while #server:tasks() < count do
      go_on(0.02)
      assert(cqueues.monotime() < deadline, "the tasks did not come")
    end
  end

  -- Every task that was answered is one of the ledger's, and none was made twice.
  local function check_ledger(answers, made)
    local bills = server:ledger()
    local by_task, by_external_id = {}, {}
    for _, bill in ipairs(bills) do
      assert.is_nil(by_external_id[bill.external_task_id])
      by_external_id[bill.external_task_id], by_task[bill.task_id] = true, true
    end
    assert.equal(made, #bills)
    for _, answer in ipairs(answers) do
      if answer[1] == 200 then
        local task_id = answer[2]:match "%S+"
        assert.is_true(by_task[task_id])
        by_task[task_id] = nil -- nobody else may have it
      end
    end
  end

  local function count_good(answers)
    local good = 0
    for _, answer in ipairs(answers) do
      good = good + (answer[1] == 200 and 1 or 0)
    end
    return good
  end

  it("waits for 50 tasks on one worker, and answers others meanwhile", function()
    local go_on, answers = process:ask_at_once("/wait", 50)
    wait_for_tasks(go_on, 50)
    local others = 0
    while not go_on(0.01) do
      local status, _, seconds = process:ask "/at_once_in_lua"
      assert.equal(200, status)
      assert.is_true(seconds < LIFE.processing, ("%g s"):format(seconds))
      others = others + 1
    end
    assert.equal(50, count_good(answers))
    assert.is_true(others >= 10, others .. " others")
    check_ledger(answers, 50)
    assert.same({}, process:complaints())
  end)

  it("reloads while tasks are in flight: who waits is answered", function()
    local go_on, answers = process:ask_at_once("/wait", 10)
    wait_for_tasks(go_on, 10)
    process:signal "HUP"
    local go_on_anew, new_answers = process:ask_at_once("/wait", 10)
    wait_for_tasks(go_on_anew, 20)
    assert.is_true(go_on(PATIENCE))
    assert.is_true(go_on_anew(PATIENCE))
    assert.equal(10, count_good(answers))
    assert.equal(10, count_good(new_answers))
    for _, answer in ipairs(new_answers) do
      answers[#answers + 1] = answer
    end
    check_ledger(answers, 20)
    assert.same({}, process:complaints())
  end)

  it("quits while tasks are in flight: who waits is answered first", function()
    local go_on, answers = process:ask_at_once("/wait", 10)
    wait_for_tasks(go_on, 10)
    process:signal "QUIT"
    assert.is_true(go_on(PATIENCE))
    assert.equal(0, process:join())
    assert.equal(10, count_good(answers))
    check_ledger(answers, 10)
    assert.same({}, process:complaints())
  end)

  it("ends at once while tasks are in flight: none is made twice", function()
    local go_on, answers = process:ask_at_once("/wait", 10)
    wait_for_tasks(go_on, 10)
    process:signal "TERM"
    assert.equal(0, process:join())
    assert.is_true(go_on(PATIENCE))
    assert.equal(0, count_good(answers))
    check_ledger(answers, 10)
    assert.same({}, process:complaints())
  end)

  it("is told what is wrong with a client made before fork", function()
    local status, message = process:ask "/made_before_fork"
    assert.equal(200, status)
    assert.truthy(message:find("made before fork%(%); make a new one in this process"), message)
    assert.equal(0, #server:ledger())
  end)
end)
