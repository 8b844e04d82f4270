--- A PostgreSQL server of a spec's own, in a scratch folder, reached by a socket there.
--
--     local server = require("spec.support.postgresql").start()
--     server.url; server:stop()
--
-- Its keeper ends with our process: it watches its standard input, and we hold the other end.

local scratch = require "spec.support.scratch"

-- The server refuses to run as root. `told` is a FIFO that we read one line from.
local KEEPER = [[
  PATH=$PATH:$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
  tell() { echo "$1" >told; }
  if ! command -v postgres >/dev/null; then tell absent; exit 1; fi
  as=
  if [ "$(id -u)" = 0 ]; then
    chown postgres . && as="setpriv --reuid=postgres --regid=postgres --clear-groups"
  fi
  $as initdb -D data -U kling -A trust -E UTF8 --locale=C --no-sync >log 2>&1 </dev/null || {
    tell "initdb: $(tail -n 3 log)"; exit 1; }
  $as postgres -D data -k "$PWD" -c listen_addresses= OPTIONS >>log 2>&1 </dev/null &
  server=$!
  until pg_isready -q -h "$PWD"; do
    kill -0 $server 2>/dev/null || { tell "postgres: $(tail -n 3 log)"; exit 1; }
    sleep 0.05
  done
  tell ready
  cat >/dev/null
  kill -INT $server
  wait $server
]]

local Server = {}
Server.__index = Server

--- End the server and wait for it. Safe twice.
function Server:stop()
  if self.pipe then
    self.pipe:close()
    self.pipe = nil
    scratch.remove(self.folder)
  end
end

local M = {}

--- Start a server; `options` are for its command line. Nil where PostgreSQL is not installed.
function M.start(options)
  local folder = scratch.new()
  local self = setmetatable({ folder = folder }, Server)
  self.url = "postgresql://kling@/postgres?host=" .. folder
  os.execute("mkfifo " .. folder .. "/told")
  local script = KEEPER:gsub("OPTIONS", options or ""):gsub("'", "'\\''")
  local command = ("cd %s; unset LD_PRELOAD; exec sh -c '%s'"):format(folder, script)
  self.pipe = assert(io.popen(command, "w"))
  local told = assert(io.open(folder .. "/told")) -- waits for the keeper
  local what = told:read "*a"
  told:close()
  if what == "ready\n" then
    return self
  end
  self:stop()
  if what ~= "absent\n" then
    error("no server: " .. what)
  end
end

return M
