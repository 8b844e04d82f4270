--- How many tasks may run at once: what the limiter answers, and how well it does.

local crowd = require "spec.support.crowd"
local dice = require "spec.support.dice"
local parts = require "kling_parts"

local NEVER = math.huge
local SOON = 1 -- seconds; what the caller would wait after a refusal

describe("the limiter", function()
  local limiter, now

  before_each(function()
    limiter, now = parts.limiter(), 100
  end)

  local function may_start()
    return limiter:due() <= now
  end

  --- Start all that may; how many.
  local function fill()
    local count = 0
    while may_start() and count < 1000 do
      limiter:start(now)
      count = count + 1
    end
    return count
  end

  local function accept(count)
    for _ = 1, count do
      limiter:accept()
    end
  end

  local function leave(count)
    for _ = 1, count do
      limiter:leave(true)
    end
  end

  --- Six run, and two may start.
  local function grow()
    for _ = 1, 4 do
      accept(fill())
    end
  end

  --- Start until the service, which takes `cap`, refuses.
  local function learn(cap)
    local started, accepted = fill(), 0
    while started <= cap do
      accept(started - accepted)
      accepted = started
      started = started + fill()
    end
    accept(cap - accepted)
    now = now + 1
    for _ = cap + 1, started do
      limiter:full(now - 1, now, SOON, false)
    end
    now = now + 1
  end

  --- Tasks end and others take their places: as many times as it takes no more than that.
  local function turn_over(times)
    for _ = 1, times do
      leave(1)
      assert.equal(1, fill())
      accept(1)
    end
  end

  local function cap()
    return (limiter:counts())
  end

  describe("that has met no refusal", function()
    it("begins with two", function()
      assert.equal(2, fill())
      assert.equal(NEVER, limiter:due())
    end)

    it("lets go a quarter more than what runs: from 2 to 200 in 24 round trips", function()
      local under_way, rounds = fill(), 0
      while select(3, limiter:counts()) < 200 do
        accept(under_way)
        under_way = fill()
        local most, _, accepted = limiter:counts()
        assert.is_true(most <= accepted * 1.25 + 1)
        rounds = rounds + 1
      end
      assert.is_true(rounds <= 24, rounds)
    end)

    it("does not go back when tasks end", function()
      accept(fill())
      accept(fill())
      leave(3)
      assert.equal(4, fill())
    end)
  end)

  describe("that was refused one", function()
    it("takes what runs for what the service takes", function()
      learn(5)
      assert.same({ 5, 5, 5 }, { limiter:counts() })
      assert.is_false(may_start())
      turn_over(3)
      leave(2)
      assert.equal(2, fill())
    end)

    it("takes those under way for accepted until they are refused, too", function()
      grow()
      local sent = now
      assert.equal(2, fill())
      now = now + 1
      limiter:full(sent, now, SOON, false)
      assert.equal(7, cap())
      limiter:full(sent, now, SOON, false)
      assert.equal(6, cap())
      assert.equal(0, fill())
    end)

    it("is not led astray by tasks that end meanwhile", function()
      learn(5)
      leave(3)
      local sent = now
      assert.equal(3, fill())
      leave(1)
      assert.equal(1, fill())
      now = now + 1
      limiter:full(sent, now, SOON, false) -- somebody took one
      leave(1)
      accept(3)
      assert.equal(4, cap())
      assert.equal(1, fill())
    end)

    it("tries one by one while nothing runs", function()
      fill()
      now = now + 1
      limiter:full(now - 1, now, SOON, false)
      limiter:full(now - 1, now, SOON, false)
      assert.equal(1, cap())
      assert.equal(now + SOON, limiter:due())
      now = now + SOON
      assert.equal(1, fill())
      accept(1)
      assert.equal(1, fill()) -- as if there had been none
    end)

    it("waits as long as the service asks for, whatever ends meanwhile", function()
      accept(fill())
      fill()
      now = now + 1
      limiter:full(now - 1, now, 7, true)
      leave(1)
      assert.equal(now + 7, limiter:due())
    end)
  end)

  describe("that knows the cap", function()
    it("tries one more after 16 tasks, and when that is refused after 32 and 64", function()
      learn(5)
      for _, need in ipairs { 16, 32, 64, 64, 64 } do
        turn_over(need - 1)
        leave(1)
        assert.equal(2, fill())
        accept(1)
        now = now + 1
        limiter:full(now - 1, now, SOON, false)
        now = now + 1
        assert.equal(5, cap())
        assert.equal(0, fill())
      end
    end)

    it("tries one more after 5 minutes, then after 10 and 20", function()
      learn(1)
      for _, patience in ipairs { 300, 600, 1200, 1200 } do
        local refused = now - 1
        assert.equal(refused + patience, limiter:due())
        now = refused + patience
        assert.equal(1, fill())
        now = now + 1
        limiter:full(now - 1, now, SOON, false)
        now = now + 1
      end
    end)

    it("tries twice as many more each time that none is refused", function()
      learn(2)
      local caps = {}
      for i = 1, 4 do
        turn_over(15)
        leave(1)
        accept(fill())
        caps[i] = cap()
      end
      assert.same({ 3, 5, 9, 17 }, caps)
    end)

    it("counts only the ends of tasks that leave the only place", function()
      learn(5)
      leave(5)
      for _ = 1, 100 do
        limiter:start(now)
        accept(1)
        leave(1)
      end
      assert.equal(5, fill())
      assert.equal(5, cap())
    end)

    it("tries sooner again when others took a place that was its own", function()
      learn(5)
      leave(1)
      fill()
      now = now + 1
      limiter:full(now - 1, now, SOON, false)
      assert.equal(4, cap())
      assert.equal(now + 60, limiter:due())
    end)
  end)

  describe("with a bound", function()
    it("never goes above it", function()
      limiter = parts.limiter(3)
      accept(fill())
      accept(fill())
      assert.equal(3, cap())
      assert.equal(NEVER, limiter:due())
      leave(1)
      fill()
      now = now + 1
      limiter:full(now - 1, now, SOON, false)
      assert.equal(2, cap())
      for _ = 1, 200 do
        leave(1)
        accept(fill())
      end
      assert.equal(3, cap())
      assert.equal(NEVER, limiter:due())
    end)

    it("of one lets one go after the other", function()
      limiter = parts.limiter(1)
      assert.equal(1, fill())
      accept(1)
      assert.equal(NEVER, limiter:due())
      leave(1)
      assert.equal(1, fill())
    end)
  end)

  describe("that was told to be slower", function()
    it("stops all creates, leaves the cap, and spaces them", function()
      limiter:start(now)
      now = now + 1
      limiter:fast(now - 1, now, 3)
      assert.equal(2, cap())
      assert.equal(now + 3, limiter:due())
      now = now + 3
      assert.equal(1, fill())
      assert.near(now + 0.2, limiter:due(), 1e-9)
    end)

    it("spaces them more with each time, and less with each acceptance", function()
      local spaces = {}
      for i = 1, 10 do
        limiter:start(now)
        spaces[i] = limiter:due() - now
        now = now + 60
        limiter:fast(now - 60, now, SOON)
        now = now + 60
      end
      for i = 2, 10 do
        local wanted = math.min(10, i == 2 and 0.2 or spaces[i - 1] * 2)
        assert.near(wanted, spaces[i], 1e-9)
      end
      for _ = 1, 60 do
        limiter:start(now)
        limiter:accept()
        limiter:leave(true)
        now = now + 60
      end
      limiter:start(now)
      assert.equal(now, limiter:due())
    end)
  end)

  -- The figures are those of the simulated service, with a look at each task every 2 % of its
  -- life; nobody can do better than 1.
  describe("on a service that takes", function()
    local function simulate(options)
      options.dice = dice(options.seed)
      options.look = options.life / 50
      options.trip = options.life == 1 and 0.02 or 0.5
      local world = crowd.run(options)
      local late = 0
      for _, sent in ipairs(world.refused_at) do
        late = late + (sent >= world.refused_at[1] + options.trip and 1 or 0)
      end
      return world, late / (options.tasks - world.accepted_at_first + late)
    end

    -- places, tasks, the longest it takes in terms of the optimum, the most refused in the long run
    for _, case in ipairs {
      { 1, 40, 1.05, 0.03 }, { 1, 100, 1.05, 0.03 }, { 1, 500, 1.05, 0.02 },
      { 5, 40, 1.25, 0.08 }, { 5, 100, 1.15, 0.05 }, { 5, 500, 1.05, 0.03 },
      { 20, 40, 1.40, 0.20 }, { 20, 100, 1.25, 0.08 }, { 20, 500, 1.10, 0.03 },
    } do
      local places, tasks, slowest, most = case[1], case[2], case[3], case[4]
      local name = "%d at once %d short tasks take at most %.2f of the least, %d %% are refused"
      it(name:format(places, tasks, slowest, most * 100), function()
        for seed = 1, 10 do
          local world, share =
            simulate { places = places, tasks = tasks, life = 1, seed = seed }
          assert.is_true(world.ended_at <= slowest * tasks / places, world.ended_at)
          assert.is_true(share <= most, share)
        end
      end)
    end

    it("any number at once 100 tasks of a minute lose seconds", function()
      local world = simulate { places = NEVER, tasks = 100, life = 60, seed = 1 }
      assert.is_true(world.ended_at < 60 * 1.2 + 15, world.ended_at)
      assert.equal(0, world.refused)
    end)

    it("one at once, and tasks are long, refuses no stream", function()
      local world = simulate { places = 1, tasks = 40, life = 600, seed = 1 }
      assert.is_true(world.refused <= world.ended_at / 1200 + 4, world.refused)
    end)

    it("fewer for a while finds the places again", function()
      local function places(at)
        return (at < 600 or at > 1200) and 20 or 3
      end
      local world = simulate { places = places, tasks = 600, life = 60, seed = 1 }
      assert.is_true(world.ended_at < 1.5 * 2310, world.ended_at)
      assert.is_true(world.refused < 0.1 * 600, world.refused)
    end)

    it("more and fewer all the time goes with it", function()
      local function places(at)
        return math.floor(10 + 9 * math.sin(at / 600))
      end
      local world = simulate { places = places, tasks = 600, life = 60, seed = 1 }
      assert.is_true(world.ended_at < 1.3 * 3800, world.ended_at)
      assert.is_true(world.refused < 0.12 * 600, world.refused)
    end)
  end)
end)
