--- The programs that bench/http/run.lua compares. A program has a `name`; `command(server, cell)`;
--- `protocols` and `most` (in flight) where it cannot do all of them; `share`: of the requests, for
--- slow ones; `colour` in the plots; `missing`: why it is not here. The ratios are to `is_base`.

local TASKS = "/kling/v1/audio/video-to-audio/8781062428" -- and eight digits
local PEERS = os.getenv "PEERS" or "build/peers"
local RESTY = "build/bench/resty" -- the prefix of that nginx

local function succeeds(command)
  return os.execute(command .. " >/dev/null 2>&1") == true
end

local function ca_of(server, cell)
  return cell.protocol == "h1" and "" or server.ca
end

local function url_of(server, cell)
  return server.urls[cell.protocol] .. "/" .. cell.place
end

local function baseline(mode)
  return function(server, cell)
    return ("build/bench/baseline %s /%s%s %d %s %s"):format(
      server.urls[cell.protocol], cell.place, TASKS, cell.in_flight, mode, ca_of(server, cell))
  end
end

local function lua(file, interpreter)
  return function(server, cell)
    return ("%s bench/http/%s.lua %s %d %s"):format(
      interpreter or "lua5.4", file, url_of(server, cell), cell.in_flight, ca_of(server, cell))
  end
end

local function without(module, where, interpreter)
  local found = succeeds(("%s -e 'require %q'"):format(interpreter or "lua5.4", module))
  return not found and where or nil
end

-- A folder of its own, where nginx puts its files.
local function resty(server, cell)
  os.execute("mkdir -p " .. RESTY)
  return ("env BENCH_URL=%s BENCH_IN_FLIGHT=%d 'LUA_PATH=%s/share/lua/5.1/?.lua;;' "
    .. 'nginx -p %s -c "$PWD/bench/http/resty.conf" -e stderr'):format(
    url_of(server, cell), cell.in_flight, PEERS, RESTY)
end

local function is_without_resty()
  local file = io.open(PEERS .. "/share/lua/5.1/resty/http.lua")
  if not file then
    return "not in Debian; luarocks has lua-resty-http"
  end
  file:close()
end

-- Who loads the server for so many seconds, and says how many requests it made.
local SECONDS = 1

local function wrk(server, cell)
  return ("wrk -t 1 -c %d -d %d -H 'Authorization: Bearer key' %s%s00000001"):format(
    cell.in_flight, SECONDS, url_of(server, cell), TASKS)
end

local function h2load(server, cell)
  return ("h2load -t 1 -c 1 -m %d -D %d -H 'Authorization: Bearer key' %s%s00000001"):format(
    cell.in_flight, SECONDS, url_of(server, cell), TASKS)
end

local function without_command(name, where)
  return not succeeds("command -v " .. name) and where or nil
end

return {
  {
    name = "wrk", command = wrk, protocols = { h1 = true, tls = true }, colour = "#bbbbbb",
    missing = without_command("wrk", "Debian's wrk"), counts = "(%d+) requests in",
  },
  {
    name = "h2load", command = h2load, protocols = { h2 = true }, colour = "#bbbbbb",
    missing = without_command("h2load", "Debian's nghttp2-client"),
    counts = "requests: (%d+) total",
  },
  {
    name = "C, best, perform", command = baseline "perform", is_base = true, colour = "#888888",
  },
  {
    name = "C, best, socket_action", command = baseline "socket_action", is_base = true,
    colour = "#000000",
  },
  { name = "C, straightforward", command = baseline "plain" },
  { name = "kling", command = lua "ours", is_ours = true, colour = "#7b2d8b" },
  {
    name = "Lua-cURLv3 + cjson", command = lua "lua_curl", colour = "#1f5fa8",
    missing = without("lcurl.safe", "not in Debian; luarocks has it as Lua-cURL"),
  },
  {
    name = "lua-curl 0.3 + cjson", command = lua("lua_curl_easy", "lua5.1"), most = 1,
    missing = without("curl", "Debian's lua-curl", "lua5.1"),
  },
  {
    name = "lua-resty-http + cjson", command = resty, colour = "#00755e", is_nginx = true,
    protocols = { h1 = true, tls = true }, missing = is_without_resty(),
  },
  {
    name = "copas, raw, + cjson", command = lua "copas_raw", protocols = { h1 = true },
    colour = "#c98500", missing = without("copas", "Debian's lua-copas"),
  },
  {
    name = "lua-http + cjson", command = lua "lua_http", share = 0.25, colour = "#b3261e",
    missing = without("http.client", "Debian's lua-http"),
  },
}
