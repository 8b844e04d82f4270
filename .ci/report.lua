--- busted's plain output, the files that took longest, and the counts in a file (-Xoutput FILE)
--- for .ci/test to add up.

local SHOWN = 8 -- files

return function(options)
  local busted = require "busted"
  local system = require "system"
  local handler = require "busted.outputHandlers.plainTerminal"(options)
  local files, begun = {}, nil

  busted.subscribe({ "file", "start" }, function()
    begun = system.monotime()
    return nil, true -- go on to the other subscribers
  end)

  busted.subscribe({ "file", "end" }, function(file)
    files[#files + 1] = { name = file.name, seconds = system.monotime() - begun }
    return nil, true
  end)

  busted.subscribe({ "suite", "end" }, function()
    table.sort(files, function(a, b)
      return a.seconds > b.seconds
    end)
    print "slowest files, seconds:"
    for i = 1, math.min(SHOWN, #files) do
      print(("%7.1f  %s"):format(files[i].seconds, files[i].name))
    end

    local file = assert(io.open(options.arguments[1], "w"))
    local failed = handler.failuresCount + handler.errorsCount
    file:write(handler.successesCount, " ", failed, " ", handler.pendingsCount, "\n")
    assert(file:close())
    return nil, true
  end)

  return handler
end
