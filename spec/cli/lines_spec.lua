--- What a line of a batch may be, and which task it is.

local lines = require "kling.cli.lines"
local scratch = require "spec.support.scratch"

local RAIN = '{"video_id": "1", "sound_effect_prompt": "rain"}'
local WIND = '{"video_id": "1", "sound_effect_prompt": "wind"}'

describe("lines of a batch", function()
  local folder, path

  setup(function()
    folder = scratch.new()
    path = folder .. "/in.jsonl"
  end)

  teardown(function()
    scratch.remove(folder)
  end)

  local function read(text, is_duplicate)
    scratch.write(path, text)
    return lines.read(path, is_duplicate)
  end

  local function ids(text, is_duplicate)
    local found = {}
    for i, line in ipairs(assert(read(text, is_duplicate))) do
      found[i] = line.id
    end
    return found
  end

  it("are requests, with the numbers of their lines", function()
    local list = assert(read("\239\187\191" .. RAIN .. "\r\n\n \t\n" .. WIND))
    assert.equal(2, #list)
    assert.same({ 1, 4 }, { list[1].number, list[2].number })
    assert.same({ video_id = "1", sound_effect_prompt = "rain" }, list[1].request)
  end)

  it("may leave a field out by null or an empty string", function()
    local list = assert(read '{"video_url": null, "video_id": "1", "external_task_id": ""}')
    assert.same({ video_id = "1" }, list[1].request)
  end)

  it("have ids that are always the same, wherever they are in the file", function()
    local first, second = ids(RAIN .. "\n" .. WIND), ids(WIND .. "\n" .. RAIN)
    assert.same({ first[2], first[1] }, second)
    assert.not_equal(first[1], first[2])
    assert.matches("^%x%x%x%x%x%x%x%x%-%x%x%x%x%-8%x%x%x%-[89ab]%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$",
      first[1])
  end)

  it("are one task when they are the same, unless duplicates are wanted", function()
    local twice = RAIN .. "\n" .. RAIN
    local same, others = ids(twice), ids(twice, true)
    assert.equal(same[1], same[2])
    assert.equal(same[1], others[1])
    assert.not_equal(others[1], others[2])
    local wanted = ids(RAIN .. "\n" .. (RAIN:gsub("}", ', "duplicate": true}')))
    assert.same(others, wanted)
  end)

  it("keep an id of their own", function()
    assert.same({ "mine" }, ids '{"video_id": "1", "external_task_id": "mine"}')
  end)

  local MINE = '{"video_id": "1", "external_task_id": "mine"}'
  local wrong = {
    ["no JSON"] = { RAIN .. "\nrain", "line 2: JSON expected" },
    ["a list"] = { "[1]", "line 1: a JSON object expected" },
    ["a number"] = { "1", "line 1: a JSON object expected" },
    ["null"] = { "null", "line 1: a JSON object expected" },
    ["an unknown field"] = { '\n{"vide_id": "1"}', "line 2: unknown field 'vide_id'; did you" },
    ["a wrong type"] = { '{"video_id": 1}', "line 1: video_id: string expected, got number" },
    ["no clip"] = { "{}", "line 1: exactly one of video_url and video_id expected, got neither" },
    ["an id for two requests"] = { MINE .. "\n" .. MINE:gsub('"1"', '"2"'),
      "line 2: external_task_id: line 1 has it for another request" },
    ["several"] = { "x\n" .. RAIN .. "\ny\nz", "(and 2 more lines are wrong)" },
    ["nothing"] = { "\n", "no line has a request" },
  }

  for name, case in pairs(wrong) do
    it("are refused, by number: " .. name, function()
      local list, problem = read(case[1])
      assert.is_nil(list)
      assert.equal(1, problem:find(path .. ": ", 1, true), problem)
      assert.is_truthy(problem:find(case[2], 1, true), problem)
    end)
  end

  it("are missed when there is no such file", function()
    for _, name in ipairs { folder .. "/none", folder } do
      local list, problem = lines.read(name)
      assert.is_nil(list)
      assert.is_truthy(problem:find(name, 1, true), problem)
    end
  end)
end)
