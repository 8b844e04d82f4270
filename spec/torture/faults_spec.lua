--- A sample of the fault matrix; `make torture` goes through all of it.

local cases = require "bench.torture.cases"
local emulator = require "kling.emulator"
local expected = require "spec.torture.expected"
local matrix = require "bench.torture.matrix"

local ONE_OF = 32 -- cases; no multiple of the number of policies, so that all have their turn

local function sample(transport)
  local chosen = {}
  for i, case in ipairs(cases.all(transport)) do
    if i % ONE_OF == 1 then
      chosen[#chosen + 1] = case
    end
  end
  return chosen
end

describe("the fault matrix", function()
  it("has every fault", function()
    local missing = {}
    for name in pairs(emulator.faults) do
      missing[name] = true
    end
    for _, fault in ipairs(cases.FAULTS) do
      missing[fault[2].name] = nil
    end
    assert.same({}, missing)
  end)

  it("says of every case how it ends", function()
    for _, transport in ipairs(matrix.TRANSPORTS) do
      for _, case in ipairs(cases.all(transport)) do
        assert.is_string(expected.of(case), case.name)
      end
    end
  end)

  for _, transport in ipairs(matrix.TRANSPORTS) do
    it("ends as it says over " .. transport, function()
      local chosen, wanted, found = sample(transport), {}, {}
      local outcomes = matrix.run(transport, chosen)
      for _, case in ipairs(chosen) do
        wanted[case.name] = expected.of(case)
        found[case.name] = outcomes[case.name].summary
      end
      assert.same(wanted, found)
    end)
  end
end)
