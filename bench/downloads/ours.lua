--- Files by this library: lua5.4 bench/downloads/ours.lua URL COUNT FOLDER [CA]
-- URL is that of a clip; it is downloaded so many times at once.

local kling = require "kling"

local url, count, folder, ca = arg[1], tonumber(arg[2]), arg[3], arg[4]
local client = assert(kling.new {
  api_key = "key", base_url = url:match "^%w+://[^/]+", ca = ca, loop = "blocking",
})
local result = { task_id = "878106242831892487", audios = {}, videos = {} }
for i = 1, count do
  result.videos[i] = { id = tostring(i), url = url }
end
assert(client:save(result, folder, { formats = { "video" }, overwrite = true }))
client:close()
