--- busted's plain output, and the counts in a file (-Xoutput FILE) for .ci/test to add up.

return function(options)
  local busted = require "busted"
  local handler = require "busted.outputHandlers.plainTerminal"(options)

  busted.subscribe({ "suite", "end" }, function()
    local file = assert(io.open(options.arguments[1], "w"))
    local failed = handler.failuresCount + handler.errorsCount
    file:write(handler.successesCount, " ", failed, " ", handler.pendingsCount, "\n")
    assert(file:close())
    return nil, true -- go on to the other subscribers
  end)

  return handler
end
