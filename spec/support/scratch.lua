--- A folder of a spec's own, and looks into it.

local lfs = require "lfs"

local scratch = {}

--- The path of a new, empty folder.
function scratch.new()
  local path = os.tmpname()
  os.remove(path)
  assert(lfs.mkdir(path))
  return path
end

--- What is in a folder, sorted.
function scratch.names(path)
  local names = {}
  for name in lfs.dir(path) do
    if name ~= "." and name ~= ".." then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

--- Remove a folder and all that is in it.
function scratch.remove(path)
  for _, name in ipairs(scratch.names(path)) do
    local inside = path .. "/" .. name
    if lfs.symlinkattributes(inside, "mode") == "directory" then
      scratch.remove(inside)
    else
      assert(os.remove(inside))
    end
  end
  assert(lfs.rmdir(path))
end

function scratch.write(path, content)
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
end

--- What is in a file; nil when there is none.
function scratch.read(path)
  local file = io.open(path, "rb")
  local content = file and file:read "*a"
  if file then
    file:close()
  end
  return content
end

return scratch
