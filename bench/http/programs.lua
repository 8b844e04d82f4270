--- The programs that bench/http/run.lua compares; the first is the one the ratios refer to.

local PATH = "/kling/v1/audio/video-to-audio/878106242831892487"

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*l" or ""
  pipe:close()
  return text
end

local function ca_of(server, cell)
  return cell.protocol == "h1" and "" or server.ca
end

local function baseline(mode)
  return function(server, cell, in_flight)
    return ("build/bench/baseline %s /%s%s %d %s %s"):format(
      server.urls[cell.protocol], cell.place, PATH, in_flight, mode, ca_of(server, cell))
  end
end

local function lua(file)
  return function(server, cell, in_flight)
    return ("lua5.4 bench/http/%s.lua %s/%s %d %s"):format(
      file, server.urls[cell.protocol], cell.place, in_flight, ca_of(server, cell))
  end
end

local function has(module)
  return os.execute(("lua5.4 -e 'require %q' 2>/dev/null"):format(module)) == true
end

local list = {
  { name = "C, best, perform", command = baseline "perform" },
  { name = "C, best, socket_action", command = baseline "socket_action" },
  { name = "C, straightforward", command = baseline "plain" },
  { name = "kling", command = lua "ours" },
}
if has "lcurl.safe" then
  list[#list + 1] = { name = "Lua-cURLv3 + cjson", command = lua "lua_curl" }
end
list[#list + 1] = { name = "lua-http + cjson", command = lua "lua_http" }

--- What the figures depend on, one line.
function list.machine()
  local cpu = output_of "grep -m1 'model name' /proc/cpuinfo | cut -d: -f2"
  return ("%s;%s; %s processors; %s; %s; %s"):format(output_of "uname -sr", cpu, output_of "nproc",
    output_of "curl-config --version", output_of "nginx -v 2>&1", output_of "lua5.4 -v")
end

return list
