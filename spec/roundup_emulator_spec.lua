--- Many looks by one page of the emulator's list, through the life of its tasks.

local core = require "kling.core"
local emulator = require "spec.support.emulator"
local quick = require "spec.support.quick"
local remembering = require "spec.support.remembering"

local raw = core.raw
local PATIENCE = quick.PATIENCE
local TASKS = 40
local LIFE = 60 -- seconds: longer than any task of the emulator takes

local server

-- A client whose tasks the service has.
local function start(options, fact)
  local merged = { poll_interval = 0.1, max_poll_interval = 0.3 }
  for name, value in pairs(options or {}) do
    merged[name] = value
  end
  local client = quick.client(server, merged)
  raw.learn(client, { roundup = fact })
  local jobs = {}
  for i = 1, TASKS do
    jobs[i] = client:submit(quick.CLIP)
  end
  for _, job in ipairs(jobs) do
    quick.drive(client, function()
      local state = client:poll(job)
      return state == "submitted" or state == "processing"
    end)
  end
  return client, jobs
end

local function assert_ends(client, jobs)
  server:advance(LIFE)
  for _, job in ipairs(jobs) do
    local result = assert(client:wait(job, PATIENCE))
    assert.same({ 1, 1 }, { #result.audios, #result.videos })
  end
end

local function pages()
  return #quick.logged(server, "list")
end

for _, http2 in ipairs { false, true } do
  describe("the emulator's list over HTTP/" .. (http2 and 2 or 1), function()
    setup(function()
      server = emulator.start { clock = "manual", tls = http2 or nil, http2 = http2 }
    end)

    teardown(function()
      server:stop()
    end)

    before_each(function()
      server:reset()
    end)

    after_each(quick.close_all)

    it("takes the place of looks once it is proved, for all who share a store", function()
      local store = remembering.new(server)
      finally(function()
        quick.close_all()
        store:remove()
      end)
      local client, jobs = start { store = store.url }
      quick.drive(client, function()
        return raw.gateway(client).roundup == "works"
      end)
      local before = pages()
      quick.drive(client, function()
        return pages() > before
      end)
      assert_ends(client, jobs)
      client:close()
      assert.equal("works", store:gateway().roundup)
      assert.equal("works", raw.gateway(store:client()).roundup)
    end)

    it("may come without results", function()
      server:variant "list_brief"
      local client, jobs = start(nil, "works")
      quick.drive(client, function()
        return pages() > 0
      end)
      assert_ends(client, jobs)
    end)

    it("may be older than what queries say", function()
      server:fault { name = "stale", on = "list", seconds = 30, forever = true }
      local client, jobs = start(nil, "works")
      quick.drive(client, function()
        return pages() > 0
      end)
      assert_ends(client, jobs)
    end)

    it("is not asked for without need where there is none", function()
      server:variant "list_off"
      local client, jobs = start()
      quick.drive(client, function()
        return raw.gateway(client).roundup == "fails"
      end)
      assert_ends(client, jobs)
      assert.equal(1, pages())
    end)
  end)
end
