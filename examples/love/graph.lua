--- Frame times: how long the last frames took, and how much of that went into the sound.

local BARS = 280
local HEIGHT = 56
local FULL = 1 / 20 -- seconds at the top
local TARGET = 1 / 60
local WARM_UP = 5 -- frames that do not count: in the first ones the graphics are made ready

local COLORS = {
  queued = { 0.55, 0.60, 0.70 },
  submitting = { 0.95, 0.55, 0.35 },
  submitted = { 0.95, 0.80, 0.35 },
  processing = { 0.45, 0.75, 0.95 },
  saving = { 0.75, 0.55, 0.95 },
  ready = { 0.50, 0.85, 0.55 },
}
local TROUBLE = { 0.95, 0.35, 0.35 }

local M = {}

local frames = 0
local bars = {} -- of the last frames, oldest first: { state, frame, share }
local totals = {} -- state -> { frames, longest, longest_share }; and the states in order

--- A frame: what was going on, how long it took, how long the sound's share took.
function M.add(state, frame, share)
  frames = frames + 1
  if frames <= WARM_UP then
    return
  end
  table.insert(bars, { state = state, frame = frame, share = share })
  if #bars > BARS then
    table.remove(bars, 1)
  end
  local total = totals[state]
  if not total then
    total = { frames = 0, longest = 0, longest_share = 0 }
    totals[state] = total
    totals[#totals + 1] = state
  end
  total.frames = total.frames + 1
  total.longest = math.max(total.longest, frame)
  total.longest_share = math.max(total.longest_share, share)
end

local function draw_bar(x, bottom, bar)
  local color = COLORS[bar.state] or TROUBLE
  local height = HEIGHT * math.min(bar.frame / FULL, 1)
  love.graphics.setColor(color[1], color[2], color[3], 0.45)
  love.graphics.rectangle("fill", x, bottom - height, 1, height)
  love.graphics.setColor(1, 1, 1)
  height = HEIGHT * math.min(bar.share / FULL, 1)
  love.graphics.rectangle("fill", x, bottom - height, 1, height)
end

function M.draw(x, y)
  love.graphics.setColor(0, 0, 0, 0.6)
  love.graphics.rectangle("fill", x - 8, y - 22, BARS + 16, HEIGHT + 46, 6)
  for i, bar in ipairs(bars) do
    draw_bar(x + i - 1, y + HEIGHT, bar)
  end
  local target = y + HEIGHT * (1 - TARGET / FULL)
  love.graphics.setColor(1, 1, 1, 0.5)
  love.graphics.line(x, target, x + BARS, target)
  local last = bars[#bars]
  love.graphics.setColor(1, 1, 1, 0.9)
  love.graphics.print("frame time", x, y - 19)
  love.graphics.printf("60 Hz", x, target - 16, BARS, "right")
  if last then
    love.graphics.printf(("%s: %.1f ms, for the sound %.2f ms"):format(
      last.state, last.frame * 1000, last.share * 1000), x, y + HEIGHT + 3, BARS, "right")
  end
end

--- What happened, a line for each state.
function M.print()
  for _, state in ipairs(totals) do
    local total = totals[state]
    print(("%-12s %5d frames, the longest %6.1f ms, of it for the sound at most %6.2f ms"):format(
      state, total.frames, total.longest * 1000, total.longest_share * 1000))
  end
end

return M
