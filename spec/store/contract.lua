--- What every store does, whichever database is behind it.
--
-- `open(options)` opens one more connection to the same, at first empty, database.

local assert = require "luassert"
local busted = require "busted" -- a module does not see what busted gives to spec files

local describe, it = busted.describe, busted.it

local REQUEST = { video_url = "https://example.com/clip.mp4?a=1&b=\"2\"", asmr_mode = true }
local LEASE = 60

local function ids(records)
  local names = {}
  for i, record in ipairs(records) do
    names[i] = record.external_task_id
  end
  table.sort(names)
  return names
end

local function specify_store(open)
  local now, stores, count, base = 1e9 + 0.5, {}, 0, nil

  local function new(base_url, lease)
    local function clock()
      return now
    end
    local opened = assert(open { base_url = base_url or base, clock = clock,
      lease = lease or LEASE })
    stores[#stores + 1] = opened
    return opened
  end

  local function id()
    count = count + 1
    return "task-" .. count
  end

  local function add(store, fields)
    local record = { external_task_id = id(), request = REQUEST }
    for name, value in pairs(fields or {}) do
      record[name] = value
    end
    assert(store:add(record))
    return record.external_task_id
  end

  busted.before_each(function()
    base = ("https://service-%d.example"):format(count)
  end)

  busted.after_each(function()
    for _, store in ipairs(stores) do
      store:close()
    end
    stores = {}
  end)

  describe("a task", function()
    it("is found again as it was added", function()
      local a = new()
      local one = add(a, { fingerprint = "same" })
      local record = assert(new():get(one))
      assert.same(REQUEST, record.request)
      assert.same({ one, "queued", "same", now, now, a.owner, now + LEASE, false, false },
        { record.external_task_id, record.state, record.fingerprint, record.created_at,
          record.updated_at, record.owner, record.lease_until, record.is_ours, record.is_free })
      assert.is_nil(record.sent_at)
      assert.is_true(a:get(one).is_ours)
    end)

    it("is not found when there is none, nor under another base_url", function()
      local one = add(new())
      assert.is_false(new():get "nobody")
      assert.is_false(new "https://other.example":get(one))
    end)

    it("is not added twice: the one that is there is returned", function()
      local a = new()
      local one = add(a)
      local added, other = new():add { external_task_id = one, request = {} }
      assert.is_false(added)
      assert.same(REQUEST, other.request)
      assert.equal(one, select(2, a:add { external_task_id = one, request = {} }).external_task_id)
    end)

    it("is added where the service knows it already", function()
      local one = add(new(), { task_id = "911" })
      local record = new():by_task_id "911"
      assert.same({ one, "submitted" }, { record.external_task_id, record.state })
      assert.is_false(new():by_task_id "912")
    end)

    it("is marked before it is sent, and counts once", function()
      local a = new()
      local one, two = add(a), add(a)
      local before = a:count_sent(now)
      assert.same({ [one] = true, [two] = true }, (a:sending { one, two, "nobody" }))
      assert.same({ [one] = true }, (a:sending { one }))
      local record = a:get(one)
      assert.same({ "sending", now }, { record.state, record.sent_at })
      assert.equal(before + 2, new():count_sent(now))
      assert.equal(0, new():count_sent(now + 1))
    end)

    it("is not marked for sending once it has a task id or has ended", function()
      local a = new()
      local one, two = add(a), add(a)
      assert.is_true(a:update(one, { state = "submitted", task_id = "1" }))
      assert.is_true(a:update(two, { state = "cancelled" }))
      assert.same({}, (a:sending { one, two }))
    end)

    it("is sent within a limit that all share", function()
      local a, b = new(), new()
      now = now + 10
      local limit = { count = 2, since = now }
      local one, two, three = add(a), add(a), add(b)
      assert.same({ [one] = true }, (a:sending({ one }, limit)))
      assert.same({ [three] = true }, (b:sending({ three }, limit)))
      local sent, over = a:sending({ one, two }, limit)
      assert.same({ { [one] = true }, { [two] = true } }, { sent, over })
      assert.equal("queued", a:get(two).state)
    end)

    it("keeps what is learned of it, and is not pending when it has ended", function()
      local a = new()
      local one = add(a)
      assert.is_true(a:update(one, { state = "submitted", task_id = "77" }))
      assert.is_true(a:update(one, { state = "processing" }))
      assert.same({ one }, ids(new():pending()))
      now = now + 9
      assert.is_true(a:update(one, { state = "succeeded", result = '{"code":0}' }))
      local record = new():get(one)
      assert.same({ "succeeded", "77", '{"code":0}', now, now },
        { record.state, record.task_id, record.result, record.updated_at, record.ended_at })
      assert.same({}, new():pending())
    end)

    it("that may exist stays pending", function()
      local a = new()
      local one = add(a)
      assert.is_true(a:update(one, { state = "unresolved", failure = "timeout: no answer" }))
      assert.same({ one }, ids(a:pending()))
      assert.equal("timeout: no answer", a:get(one).failure)
    end)

    it("keeps texts that are no UTF-8, as well as that can be done", function()
      local a = new()
      local one = add(a)
      assert.is_true(a:update(one, { failure = "lies \255\0 and \195\164" }))
      assert.equal("lies ?? and ??", a:get(one).failure)
      assert.is_true(a:update(one, { failure = "\195\164" }))
      assert.equal("\195\164", a:get(one).failure)
    end)

    it("is the same as another that runs or was made lately, unless that failed", function()
      local a = new()
      local one = add(a, { fingerprint = "x" })
      assert.equal(one, new():find_same("x", now + 1).external_task_id)
      assert.is_false(a:find_same("y", 0))
      a:update(one, { state = "succeeded" })
      assert.equal(one, a:find_same("x", now).external_task_id)
      assert.is_false(a:find_same("x", now + 1))
      local two = add(a, { fingerprint = "x" })
      a:update(two, { state = "failed" })
      assert.equal(one, a:find_same("x", now).external_task_id)
    end)

    it("is not added while the same one is there, when asked for", function()
      local a, b = new(), new()
      local one = add(a, { fingerprint = "z" })
      local again = { external_task_id = id(), request = REQUEST, fingerprint = "z" }
      local added, other = b:add(again, now)
      assert.same({ false, one }, { added, other.external_task_id })
      assert.is_true(b:add(again))
    end)

    it("remembers its files", function()
      local a = new()
      local one = add(a)
      local file = { format = "wav", path = "out/1.wav", bytes = 5e9, sha256 = ("0f"):rep(32),
        duration = 5.04 }
      assert.is_true(a:saved(one, { format = "wav", path = "out/1.wav", bytes = 1 }))
      assert.is_true(a:saved(one, file))
      assert.is_true(a:saved(one, { format = "mp3", path = "out/1.mp3", bytes = 7 }))
      assert.same({ { format = "mp3", path = "out/1.mp3", bytes = 7 }, file }, new():files(one))
      assert.equal("5000000000", tostring(("%d"):format(a:files(one)[2].bytes)))
    end)
  end)

  describe("a lease", function()
    it("keeps others off while it lasts, and not longer", function()
      local a, b = new(), new()
      local one, two = add(a), add(a)
      assert.same({}, b:take())
      now = now + LEASE - 1
      assert.same({}, b:take())
      now = now + 1
      assert.is_true(b:pending()[1].is_free)
      local taken = b:take()
      assert.same({ one, two }, ids(taken))
      assert.is_true(taken[1].is_ours)
      assert.same({}, b:take())
      assert.same({}, a:take())
    end)

    it("is renewed as often as wanted", function()
      local a, b = new(), new()
      add(a)
      for _ = 1, 3 do
        now = now + LEASE - 1
        local renewed, lost = a:renew()
        assert.same({ true, {} }, { renewed, lost })
      end
      assert.same({}, b:take())
    end)

    it("does not last as much longer as the clock is set back", function()
      local dead, living, patient, other = new(), new(), new(nil, 10 * LEASE), new()
      local one, two, three = add(dead), add(living), add(patient)
      now = now - LEASE -- twice a lease may be ahead: clocks are put right by a little all the time
      assert.same({}, other:take())
      now = now - 1
      assert.is_true(other:get(one).is_free)
      living:renew()
      assert.same({ one }, ids(other:take()))
      assert.is_false(other:get(two).is_free)
      other:update(one, { state = "failed" })
      assert.is_true(patient:reopen(one, "queued"))
      now = now - 2 * LEASE
      assert.same({ two }, ids(other:take()))
      assert.same({ false, false }, { other:get(one).is_free, other:get(three).is_free })
    end)

    it("that was lost is told once, and what it covered cannot be changed", function()
      local a, b = new(), new()
      local one = add(a)
      now = now + LEASE
      b:take()
      assert.is_false(a:update(one, { state = "failed" }))
      assert.same({}, (a:sending { one }))
      assert.equal("queued", a:get(one).state)
      assert.is_true(b:update(one, { state = "submitted", task_id = "5" }))
    end)

    it("is had again by who hears the task id, if nobody else has, and it has not ended", function()
      local a, b = new(), new()
      local one, two, three = add(a), add(a), add(a)
      now = now + LEASE
      b:take()
      b:update(two, { state = "submitted", task_id = "2" })
      b:update(three, { state = "cancelled" })
      assert.same({ [one] = true, [two] = false, [three] = false }, (a:update_all {
        [one] = { state = "submitted", task_id = "1" },
        [two] = { state = "submitted", task_id = "3" },
        [three] = { state = "submitted", task_id = "4" },
      }))
      local record = a:get(one)
      assert.same({ "1", a.owner, now + LEASE },
        { record.task_id, record.owner, record.lease_until })
      assert.same({ "2", b.owner }, { a:get(two).task_id, a:get(two).owner })
      assert.equal("cancelled", a:get(three).state)
      assert.same({ one }, select(2, b:renew()))
      assert.same({}, (b:sending { one }))
      assert.same({}, select(2, a:renew()))
    end)

    it("that was lost is told by renew", function()
      local a, b = new(), new()
      local one = add(a)
      now = now + 1 -- the older one is taken first
      local two = add(a)
      now = now + LEASE
      assert.equal(1, #b:take(1))
      local _, lost = a:renew()
      assert.same({ one }, lost)
      local _, again = a:renew()
      assert.same({}, again)
      assert.is_true(a:update(two, { state = "cancelled" }))
    end)

    it("is not asked for when there is nothing to look after", function()
      local a = new()
      a:update(add(a), { state = "failed" })
      local renewed, lost = a:renew()
      assert.same({ true, {} }, { renewed, lost })
    end)

    it("ends at once when it is given back", function()
      local a, b = new(), new()
      local one, two, three = add(a), add(a), add(a)
      assert.is_true(a:release { two })
      assert.same({ two }, ids(b:take()))
      a:close()
      assert.same({ one, three }, ids(b:take()))
      assert.same({}, new():take())
    end)

    it("is taken of those that are named, in their order", function()
      local a, b = new(), new()
      local one, two, three = add(a), add(a), add(a)
      assert.same({}, b:take(nil, { one, two }))
      a:close()
      assert.same({}, b:take(nil, {}))
      local taken = b:take(nil, { three, "nobody", one })
      assert.same({ three, one }, { taken[1].external_task_id, taken[2].external_task_id })
      assert.same({}, b:take(1, { one }))
      assert.same({ two }, ids(b:take()))
    end)

    it("is changed together with what it covers, for several at once", function()
      local a, b = new(), new()
      local one, two, three = add(a), add(a), add(b)
      assert.same({ [one] = true, [two] = true, [three] = false }, (a:update_all {
        [one] = { state = "submitted", task_id = "1" },
        [two] = { state = "unresolved", is_given_back = true },
        [three] = { state = "cancelled" },
      }))
      assert.same({ "submitted", true }, { a:get(one).state, a:get(one).is_ours })
      assert.same({ "unresolved", true }, { a:get(two).state, a:get(two).is_free })
      assert.equal("queued", a:get(three).state)
      assert.same({ true, {} }, { a:renew() })
      assert.same({ two }, ids(b:take()))
    end)

    it("begins anew for a task that had ended", function()
      local a, b = new(), new()
      local one = add(a)
      assert.is_false(b:reopen(one, "queued"))
      a:update(one, { state = "failed", failure = "rejected" })
      assert.is_true(b:reopen(one, "queued"))
      local record = a:get(one)
      assert.same({ "queued", b.owner, now + LEASE },
        { record.state, record.owner, record.lease_until })
      assert.is_nil(record.failure)
      assert.is_nil(record.ended_at)
      assert.same({ [one] = true }, (b:sending { one }))
      assert.is_false(a:reopen(one, "queued"))
    end)

    it("taken by a COMMIT whose answer was lost is taken once more", function()
      local a = new()
      local one = add(a)
      a.mine = {}
      assert.same({ one }, ids(a:take()))
      a.mine = {}
      assert.is_true(a:add { external_task_id = one, request = REQUEST })
      a:sending { one }
      a.mine = {}
      local added, other = a:add { external_task_id = one, request = REQUEST }
      assert.same({ false, "sending" }, { added, other.state })
    end)
  end)

  describe("a gateway", function()
    it("is learned about, for all with its base_url", function()
      local a, b = new(), new()
      assert.same({ external_query = "unknown", list = "unknown", roundup = "unknown" },
        a:gateway())
      assert.is_true(a:learn { external_query = "works" })
      assert.is_true(b:learn { external_query = "unknown", list = "fails", histogram = "1 2 3" })
      assert.is_true(b:learn { roundup = "works" })
      assert.same({ external_query = "works", list = "fails", roundup = "works",
        histogram = "1 2 3" }, a:gateway())
      assert.same("unknown", new("https://other.example"):gateway().list)
      a:learn { probe = "mine" }
      assert.equal("mine", b:gateway().probe)
      local one = add(a, { task_id = "100" })
      assert.equal(one, b:gateway().probe) -- the service may have forgotten the other
      now = now + 30 * 86400
      assert.equal("mine", b:gateway().probe)
    end)

    it("has a histogram that is made of the one that is there, if any", function()
      local a, b, seen = new(), new(), {}
      local function add_mark(text)
        seen[#seen + 1] = text or "nothing"
        return (text or "") .. "x"
      end
      assert.is_true(a:merge_histogram(add_mark) and b:merge_histogram(add_mark))
      assert.same({ "nothing", "x", "xx" }, { seen[1], seen[2], a:gateway().histogram })
    end)
  end)

  it("is wrong to use when it is closed; closing it twice is not", function()
    local a = new()
    a:close()
    a:close()
    local ok, message = pcall(function()
      local records = a:pending()
      return records
    end)
    assert.is_false(ok)
    assert.matches("contract.lua:%d+: store is closed$", message)
  end)
end

return specify_store
