--- The example's clip, as long in bytes as one wants: with a box at its end that players skip.

--- Write it to `path`. The emulator, when it has no ffmpeg, serves its clip as the dubbed one.
return function(path, bytes)
  local source = assert(io.open("examples/clip.mp4", "rb"))
  local clip = source:read "*a"
  source:close()
  local size = bytes - #clip
  local header = {}
  for i = 3, 0, -1 do
    header[#header + 1] = string.char(math.floor(size / 256 ^ i) % 256)
  end
  local file = assert(io.open(path, "wb"))
  file:write(clip, table.concat(header), "free")
  file:seek("set", bytes - 1)
  file:write "\0"
  file:close()
end
