--- What figures depend on: the machine, and whose versions.

local M = {}

local COMMANDS = {
  "uname -sr | cut -d- -f1",
  "grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | sed 's/^ *//'",
  "echo $(nproc) processors",
  "curl-config --version",
  "openssl version | cut -d' ' -f1,2",
  "nginx -v 2>&1 | sed 's/.*: //'",
  "lua5.4 -v | cut -d' ' -f1,2",
  "lua5.1 -e 'print(\"lua-http \" .. require \"http.version\".version)' 2>/dev/null",
  "lua5.1 -e 'print(require \"copas\"._VERSION)' 2>/dev/null",
  "lua5.4 -e 'print(\"Lua-cURL \" .. require \"cURL\"._VERSION)' 2>/dev/null",
  "wrk -v 2>/dev/null | head -1 | cut -d' ' -f1,2",
  "h2load --version 2>/dev/null | sed 's/^h2load //'",
  "valgrind --version 2>/dev/null",
}

local function output_of(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*l"
  pipe:close()
  return text
end

--- Lines of at most 100 columns.
function M.describe(out)
  local line = ""
  for _, command in ipairs(COMMANDS) do
    local text = output_of(command)
    if text and #line + #text > 97 then
      out((line:gsub("; $", "")))
      line = ""
    end
    line = text and (line .. text .. "; ") or line
  end
  out((line:gsub("; $", "")))
end

return M
