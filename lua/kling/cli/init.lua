--- The command line: finds the command and ends with the exit code it gives.
-- A command is a file beside this one: `{ configure(parser), run(args) -> exit code }`.

local argparse = require "argparse"
local exit = require "kling.cli.exit"
local report = require "kling.cli.report"

local names = { "run", "submit", "poll", "wait", "save", "list", "batch", "resume", "doctor",
  "emulate", "version" }

local ABOUT = "Gives a silent clip its sound through CometAPI's Kling API."

local KEY = [[
The key is read from the environment variable COMETAPI_KEY and nowhere else: an argument could be
read by everybody in the list of processes. Progress goes to standard error, and only to a terminal;
results go to standard output.]]

local M = {}

local function fail_usage(parser, message)
  error({ code = "usage", message = message, hint = parser:get_usage() }, 0)
end

local function add_help(parser, parsers, commands)
  local command = parser:command("help", "Show help for a command.")
  command:argument("topic", "the command"):args("?"):choices(names)
  commands.help = {
    run = function(args)
      print((parsers[args.topic] or parser):get_help())
      return exit.code()
    end,
  }
end

local function new_parser(commands)
  local parser = argparse("kling", ABOUT, KEY .. "\n\n" .. exit.help())
  parser:command_target "command"
  parser.error = fail_usage
  local parsers = {}
  for _, name in ipairs(names) do
    parsers[name] = parser:command(name)
    commands[name] = require("kling.cli." .. name)
    commands[name].configure(parsers[name])
  end
  add_help(parser, parsers, commands)
  return parser
end

local function run(words, args)
  local commands = {}
  for name, value in pairs(new_parser(commands):parse(words)) do
    args[name] = value
  end
  return commands[args.command].run(args)
end

local function has(words, wanted)
  for _, word in ipairs(words) do
    if word == wanted then
      return true
    end
  end
  return false
end

-- What was raised: wrong use, as a failure, or a traceback.
local function failure_of(problem)
  if type(problem) == "table" then
    return problem
  end
  return {
    code = "bug",
    message = problem:match "^[^\n]*",
    hint = "Please report this:\n" .. problem,
  }
end

local function with_traceback(problem)
  return type(problem) == "table" and problem or debug.traceback(tostring(problem), 2)
end

--- Run the command line `words`; returns the exit code.
function M.main(words)
  -- known also when the rest makes no sense
  local args = { words = words, json = has(words, "--json") }
  local ok, value = xpcall(function()
    return run(words, args)
  end, with_traceback)
  if ok then
    return value
  end
  return report.finish(args, { failure = failure_of(value) }, function() end)
end

return M
