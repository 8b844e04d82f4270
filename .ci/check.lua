--- What the compilers and linters do not see: boundaries, sizes, symbols, the rockspec's list.
-- Usage: lua .ci/check.lua BUILD_FOLDER, from the top of the tree, after `make`.

local build = assert(arg[1], "usage: lua .ci/check.lua BUILD_FOLDER")
local problems = 0

local function problem(...)
  problems = problems + 1
  io.stderr:write("check: ", table.concat({ ... }), "\n")
end

--- The lines a shell command prints. No line at all is a broken check, not a clean tree.
local function output_of(command)
  local lines = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do
    lines[#lines + 1] = line
  end
  pipe:close()
  assert(#lines > 0, "nothing printed by: " .. command)
  return lines
end

local function set(text)
  local found = {}
  for word in text:gmatch "%S+" do
    found[word] = true
  end
  return found
end

local function contents(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

-- Who may know what; a new file may know neither until it is named here.
local KNOWS_LUA = set [[
  client client_cadence client_download client_gate client_gateway client_jobs client_options clip
  console core handle info json reply reset
]]
local KNOWS_CURL = set [[
  core http http_open intake shared sockets transfer transfer_api transfer_download
]]

--- Everything the compiler reads for a source file, headers of headers included.
local function check_boundaries(sources)
  local compiler = (os.getenv "CC" or "cc") .. " -std=c99 -M " .. (os.getenv "LUA_CFLAGS" or "")
  for _, path in ipairs(sources) do
    local name = path:match "([^/]+)%.c$"
    local read = table.concat(output_of(compiler .. " " .. path), " ")
    if read:find("/lua.h", 1, true) and not KNOWS_LUA[name] then
      problem(path, " includes lua.h; its file is not one that may")
    end
    if read:find("/curl.h", 1, true) and not KNOWS_CURL[name] then
      problem(path, " includes curl.h; its file is not one that may")
    end
  end
end

local function check_only_in(word, allowed, files)
  for _, path in ipairs(files) do
    if not allowed[path] and contents(path):find(word, 1, true) then
      problem(path, " says ", word, ", which it need not know")
    end
  end
end

--- External names are kling_<file>_<verb>, so that a name says where it lives.
local function check_symbols(sources)
  local built = {}
  for _, path in ipairs(sources) do
    local name = path:match "([^/]+)%.c$"
    local object = ("%s/obj/%s.o"):format(build, name)
    assert(exists(object), object .. " is not there; run make first")
    built[object] = "kling_" .. name:match "^[^_]+"
  end
  for _, line in ipairs(output_of(("nm -A -g --defined-only %s/obj/*.o"):format(build))) do
    local object, symbol = line:match "^([^:]+):.-(%S+)$"
    local prefix = built[object] -- nil: left over from a source that is gone
    if prefix and symbol:find(prefix, 1, true) ~= 1 and symbol ~= "luaopen_kling_core" then
      problem(object, " defines ", symbol, ", which does not start with ", prefix)
    end
  end
end

--- Calls from one file of the core to another are direct, for nobody else can have a part in them.
local function check_exports()
  local exported = output_of(("nm -D --defined-only %s/kling/core.so"):format(build))
  for _, line in ipairs(exported) do
    local symbol = line:match "%S+$"
    if symbol ~= "luaopen_kling_core" then
      problem("kling/core.so exports ", symbol)
    end
  end
end

local MAX_LINES = 400

local function check_lengths(files)
  for _, path in ipairs(files) do
    local _, lines = contents(path):gsub("\n", "")
    if lines > MAX_LINES then
      problem(path, " has ", lines, " lines, more than ", MAX_LINES)
    end
  end
end

local MAX_FUNCTION_LINES = 50 -- clang-tidy counts those of C

--- A group of specs is a list, not a function of that length.
local function is_group(line)
  return line:match "^ *describe%(" or line:match "^local function specify_"
end

--- A function's lines: from the one that says `function` to `end` at the same indent.
local function check_lua_functions(path)
  local open = {} -- indent -> line
  local number = 0
  for line in contents(path):gmatch "([^\n]*)\n" do
    number = number + 1
    local indent = line:match "^ *"
    if line:match "^ *end" and open[indent] then
      if number - open[indent] + 1 > MAX_FUNCTION_LINES then
        problem(path, ":", open[indent], ": a function of more than ", MAX_FUNCTION_LINES, " lines")
      end
      open[indent] = nil
    end
    if line:match "%f[%w_]function%s*[%w_.:]*%(.*%)%s*$" and not is_group(line) then
      open[indent] = number
    end
  end
end

local function check_marks(files)
  for _, path in ipairs(files) do
    for _, mark in ipairs { "TO" .. "DO", "FIX" .. "ME", "XX" .. "X" } do
      if contents(path):find("%f[%w]" .. mark .. "%f[%W]") then
        problem(path, " has a ", mark)
      end
    end
  end
end

local function load_rockspec(path)
  local spec = {}
  local chunk
  if setfenv then -- luacheck: ignore 113
    chunk = setfenv(assert(loadfile(path)), spec) -- luacheck: ignore 113
  else
    chunk = assert(loadfile(path, "t", spec)) -- luacheck: ignore 143
  end
  chunk()
  return spec
end

local function listed_in_rockspec(path)
  local listed = {}
  local made = load_rockspec(path).build
  for _, file in pairs(made.install.lua) do
    listed[file] = true
  end
  for _, entry in pairs(made.modules) do
    local sources = type(entry) == "table" and (entry.sources or entry) or { entry }
    for _, source in ipairs(sources) do
      listed[source] = true
    end
  end
  return listed
end

local function check_rockspec(path, files)
  local listed = listed_in_rockspec(path)
  for _, file in ipairs(files) do
    if not listed[file] then
      problem(file, " is not in ", path)
    end
    listed[file] = nil
  end
  for file in pairs(listed) do
    problem(path, " lists ", file, ", which is not there")
  end
end

local sources = output_of "ls src/*.c"
local c_files = output_of "ls src/*.c src/*.h"
local installed = output_of "ls src/*.c examples/clip.mp4; find lua -type f"
local find = "find $(ls -d src lua spec bin examples bench fuzz .ci 2>/dev/null) "
local lua_files = output_of(find .. "-name '*.lua' -o -path bin/kling")
local all_files = output_of(find .. "-name '*.[ch]' -o -name '*.lua' -o -path bin/kling")

check_boundaries(sources)
check_only_in("LUA_VERSION_NUM", set "src/compat.h", c_files)
check_only_in("LIBCURL_VERSION_NUM",
  set "src/http.c src/intake.c src/transfer.c src/transfer_api.c", c_files)
check_symbols(sources)
check_exports()
check_lengths(all_files)
for _, path in ipairs(lua_files) do
  check_lua_functions(path)
end
check_marks(all_files)
check_rockspec("kling-scm-1.rockspec", installed)
if exists "lua/kling/core.lua" then
  problem "lua/kling/core.lua exists: Lua would load it in place of the C core"
end

if problems > 0 then
  io.stderr:write(problems, problems == 1 and " problem\n" or " problems\n")
  os.exit(1)
end
print(("check: %d C and %d Lua files, no problem"):format(#c_files, #lua_files))
