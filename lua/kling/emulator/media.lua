--- Makes a task's files: WAV, MP3 and the clip with the new sound in it.
--
-- The WAV is ours. MP3 and MP4 come from ffmpeg where it exists; otherwise the MP3 is tone.mp3 cut
-- at frames to the clip's length, and the "dubbed" clip is the clip itself.
--
-- tone.mp3 was made with
--   ffmpeg -f lavfi -i "aevalsrc='0.16*sin(2*PI*220*t)+0.10*sin(2*PI*277.18*t)+0.08*
--     sin(2*PI*329.63*t)*(0.6+0.4*sin(2*PI*0.25*t))':s=32000:d=4" -ac 1 -c:a libmp3lame
--     -b:a 32k -reservoir 0 -write_xing 0 -id3v2_version 0 tone.mp3
-- No bit reservoir: every frame stands alone and may be cut off or repeated.
-- examples/clip.mp4 is ripples on water: ffmpeg's geq filter at 320x180, scaled to 1280x720, x264.

local sound = require("kling.emulator.sound")

local media = {}

local FRAME_BYTES, FRAME_SECONDS = 144, 0.036 -- 32 kbit/s at 32 kHz: 1152 samples

local HERE = debug.getinfo(1, "S").source:match("^@(.*)/[^/]*$") or "."

local function exists(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil
end

--- The clip that comes with the emulator: next to this file when installed, else the example's.
---@return string|nil folder
---@return string? name
function media.default_clip()
  for _, folder in ipairs({ HERE, HERE .. "/../../../examples" }) do
    if exists(folder .. "/clip.mp4") then
      return folder, "clip.mp4"
    end
  end
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

local function write(path, bytes)
  local file = assert(io.open(path, "wb"))
  assert(file:write(bytes))
  assert(file:close())
end

--- tone.mp3 for so long, to the nearest frame.
function media.cut_tone(seconds)
  local tone = read(HERE .. "/tone.mp3")
  local frames = math.max(1, math.floor(seconds / FRAME_SECONDS + 0.5))
  local whole = math.floor(frames * FRAME_BYTES / #tone)
  return tone:rep(whole) .. tone:sub(1, frames * FRAME_BYTES - whole * #tone)
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- One run for both files; the picture is copied as it is.
local function ffmpeg_command(job, made)
  return table.concat({
    quote(job.ffmpeg), "-nostdin -v quiet -y -i", quote(job.clip), "-i", quote(made.wav),
    "-map 0:v:0 -map 1:a:0 -c:v copy -c:a aac -b:a 96k -t", ("%.3f"):format(job.duration),
    "-movflags +faststart -f mp4", quote(made.video),
    "-map 1:a:0 -c:a libmp3lame -b:a 128k -f mp3", quote(made.mp3),
    "</dev/null >/dev/null 2>&1",
  }, " ")
end

--- Make the files. Calls `run(command)` (true when it went well) and `pause()`, so the caller
--- decides who waits.
---@param job table `clip`, `duration`, `fields`, `base` (path without extension), `ffmpeg` (or
--- false), `run`, `pause`
---@return table media `{ duration, wav, mp3, video }`
function media.make(job)
  local made = {
    duration = job.duration,
    wav = job.base .. ".wav",
    mp3 = job.base .. ".mp3",
    video = job.base .. ".mp4",
  }
  write(made.wav, sound.wav(job.duration, job.fields, job.pause))
  if not (job.ffmpeg and job.run(ffmpeg_command(job, made))) then
    write(made.mp3, media.cut_tone(job.duration))
    write(made.video, read(job.clip))
  end
  return made
end

return media
