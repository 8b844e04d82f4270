--- `kling emulate`: the service on this machine, until it is stopped.

local emulate = {}

local LINE = "  %-26s %s"

local function print_variants()
  local variants = require("kling.emulator.variants")
  print("Variants, by group; the first of a group is the default:")
  for _, group in ipairs(variants.groups) do
    print()
    for i = 2, #group do
      print(LINE:format(group[i][1], group[i][2]))
    end
  end
end

local function print_faults()
  local faults = require("kling.emulator").faults
  local names = {}
  for name in pairs(faults) do
    names[#names + 1] = name
  end
  table.sort(names)
  print("\nFaults, as { name, on, times, forever, after, path, sent, accepted, "
    .. "retry_after, retry_after_date, ... }:\n")
  for _, name in ipairs(names) do
    print(LINE:format(name, faults[name]))
  end
end

--- Declare the options on argparse's command.
function emulate.configure(parser)
  parser:description("Run the service on this machine, with a clock, a ledger and faults.")
  parser:epilog("--list shows every variant and fault. POST /_emulator/fault, variant, advance, "
    .. "life, cap, callbacks, reset and GET /_emulator/ledger, log, tasks control it while it "
    .. "runs.")
  parser:option("--port", "0: any free one", "0"):convert(tonumber)
  parser:option("--host", "address to listen on", "127.0.0.1")
  parser:flag("--tls", "HTTPS, with certificates made at the start")
  parser:flag("--no-http2", "speak HTTP/1.1 only")
  parser:option("--clock", "real, or manual: moved by /_emulator/advance", "real")
    :choices({ "real", "manual" })
  parser:option("--submitted", "seconds a task is submitted"):convert(tonumber)
  parser:option("--processing", "seconds a task is processing"):convert(tonumber)
  parser:option("--cap", "tasks running at once; one more is refused"):convert(tonumber)
  parser:option("--api-key", "the only key that is let in; else any is")
  parser:option("--prefix", "what comes before /kling in the paths")
  parser:option("--clip", "the clip to serve; its folder is served by name")
  parser:option("--folder", "folder whose files are served by name")
  parser:option("--link-seconds", "how long links to results are good for"):convert(tonumber)
  parser:option("--ffmpeg", "path of ffmpeg; none: do without")
  parser:option("--variant", "shape of replies, see --list"):count("*")
  parser:option("--fault", "a fault as a JSON object, see --list"):count("*")
  parser:option("--ready-file", "write the URL there when listening, and the CA's path below it")
  parser:flag("--until-stdin-closes", "end when standard input does")
  parser:flag("--list", "show every variant and fault, and end")
end

local function read_faults(texts)
  local codec = require("cjson.safe").new()
  local scripts = {}
  for i, text in ipairs(texts) do
    local script, message = codec.decode(text)
    if type(script) ~= "table" then
      error(("--fault: not a JSON object: %s"):format(message or text), 0)
    end
    scripts[i] = script
  end
  return scripts
end

local function options_from(args)
  local ffmpeg = args.ffmpeg
  if ffmpeg == "none" then
    ffmpeg = false
  end
  return {
    host = args.host, port = args.port, tls = args.tls == true, http2 = not args.no_http2,
    clock = args.clock, cap = args.cap, api_key = args.api_key, prefix = args.prefix,
    clip = args.clip, folder = args.folder, link_seconds = args.link_seconds, ffmpeg = ffmpeg,
    life = { submitted = args.submitted, processing = args.processing },
    variants = args.variant, faults = read_faults(args.fault or {}),
  }
end

-- Renamed into place, so that whoever sees the file sees all of it.
local function write_ready_file(path, service)
  local file = assert(io.open(path .. ".new", "w"))
  file:write(service:url(), "\n", service:ca() or "", "\n")
  file:close()
  assert(os.rename(path .. ".new", path))
end

local function announce(service)
  print("kling emulator: " .. service:url())
  if service:ca() then
    print("certificate authority: " .. service:ca())
  end
  io.stdout:flush()
end

local STDIN = { pollfd = 0, events = "r" }

local function watch_stdin(cq, stop)
  local cqueues = require("cqueues")
  cq:wrap(function()
    repeat
      cqueues.poll(STDIN)
    until not io.stdin:read(1)
    stop()
  end)
end

local function watch_signals(cq, stop)
  local signal = require("cqueues.signal")
  signal.block(signal.SIGINT, signal.SIGTERM)
  local listener = signal.listen(signal.SIGINT, signal.SIGTERM)
  cq:wrap(function()
    listener:wait()
    stop()
  end)
end

local function serve(service, args)
  local running = true
  local function stop()
    running = false
  end
  watch_signals(service.cq, stop)
  if args.until_stdin_closes then
    watch_stdin(service.cq, stop)
  end
  while running do
    local fine, message = service:step()
    if not fine then -- one connection's trouble is not the others'
      io.stderr:write("kling emulator: ", tostring(message), "\n")
    end
  end
end

local function start(args)
  local service = require("kling.emulator").new(options_from(args))
  local listening, message = service:listen()
  if not listening then
    error("cannot listen: " .. tostring(message), 0)
  end
  if args.ready_file then
    write_ready_file(args.ready_file, service)
  end
  announce(service)
  return service
end

--- Run the command.
---@return integer exit_code 0, or 2 for a wrong option
function emulate.run(args)
  if args.list then
    print_variants()
    print_faults()
    return 0
  end
  local started, service = pcall(start, args)
  if not started then
    io.stderr:write("kling emulate: ", (tostring(service):gsub("^[^:]+:%d+: ", "")), "\n")
    return 2
  end
  serve(service, args)
  service:close()
  return 0
end

return emulate
