--- Starts the nginx of origin.conf and asks it things.

local core = require "kling.core"
local http_request = require "http.request"
local free_port = require "spec.support.free_port"

local PATIENCE = 10 -- seconds

local Origin = {}
Origin.__index = Origin

local M = {}

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*l"
  pipe:close()
  return text
end

-- It ends with us, however we do: its shell waits for the other end of its pipe to be closed.
local COMMAND = [[
chmod 755 %s
mkdir %s/files
cp bench/http/origin_*.lua %s/
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 \
  -keyout %s/key.pem -out %s/cert.pem -subj /CN=localhost \
  -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
sed 's/:8080 /:%d /; s/:8081 /:%d /; s/:8082 /:%d /' bench/http/origin.conf >%s/nginx.conf
nginx -p %s -c nginx.conf -e error.log </dev/null >/dev/null 2>&1 &
read -r _
kill -TERM $!; wait $!
rm -rf %s]]

function Origin:ask(path)
  local headers, stream = http_request.new_from_uri(self.urls.h1 .. path):go(PATIENCE)
  if not headers then
    return nil
  end
  return (stream:get_body_as_string(PATIENCE))
end

--- Let tasks end after so many answers; how many there were since the last call.
function Origin:limit(answers)
  return tonumber(assert(self:ask("/limit?n=" .. answers)))
end

--- Seconds from one look at a task to the next since the last limit: median, 99th percentile; nil
--- when no task was looked at often enough.
function Origin:latency()
  local median, most = assert(self:ask "/latency"):match "^(%d%S*) (%d%S*)"
  if median then
    return tonumber(median), tonumber(most)
  end
end

function Origin:stop()
  self.pipe:close()
end

--- An origin: `urls.h1`, `urls.tls` (HTTP/1.1), `urls.h2`; `ca` for the latter two.
function M.start()
  local h1, tls, h2 = free_port(), free_port(), free_port()
  local f = output_of "mktemp -d"
  local self = setmetatable({
    folder = f,
    ca = f .. "/cert.pem",
    urls = {
      h1 = ("http://127.0.0.1:%d"):format(h1),
      tls = ("https://localhost:%d"):format(tls),
      h2 = ("https://localhost:%d"):format(h2),
    },
    pipe = assert(io.popen(COMMAND:format(f, f, f, f, f, h1, tls, h2, f, f, f), "w")),
  }, Origin)
  local deadline = core.now() + PATIENCE
  while not self:ask "/limit" do
    if core.now() > deadline then
      self:stop()
      error("nginx did not start", 2)
    end
    os.execute "sleep 0.05"
  end
  return self
end

return M
