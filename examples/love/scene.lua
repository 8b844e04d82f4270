--- The cut-scene: a night at sea, five seconds long, drawn and not filmed.

local LENGTH = 5 -- seconds
local FADE = 0.35 -- seconds
local WIDTH, HEIGHT, HORIZON = 960, 540, 320
local LAMP_X, LAMP_Y = 790, 146
local STEP = 20 -- pixels between a wave's corners

local M = {}

local now = 0 -- seconds since the scene began
local sky, beam, waves
local stars, rain = {}, {}

local function new_strip(corners)
  return love.graphics.newMesh(corners, "strip", "stream")
end

function M.load()
  sky = new_strip {
    { 0, 0, 0, 0, 0.02, 0.03, 0.09 }, { WIDTH, 0, 0, 0, 0.02, 0.03, 0.09 },
    { 0, HORIZON + 8, 0, 0, 0.13, 0.18, 0.32 }, { WIDTH, HORIZON + 8, 0, 0, 0.16, 0.21, 0.34 },
  }
  beam = love.graphics.newMesh(3, "fan", "stream")
  waves = love.graphics.newMesh(2 * (WIDTH / STEP + 1), "strip", "stream")
  for i = 1, 110 do
    stars[i] = { math.random(WIDTH), math.random(HORIZON - 40), math.random() }
  end
  for i = 1, 150 do
    rain[i] = { math.random(WIDTH), math.random(HEIGHT), math.random() }
  end
end

--- True when the scene begins anew.
function M.update(seconds)
  now = now + seconds
  for _, drop in ipairs(rain) do
    drop[1] = (drop[1] - 120 * seconds) % WIDTH
    drop[2] = (drop[2] + (500 + 300 * drop[3]) * seconds) % HEIGHT
  end
  if now < LENGTH then
    return false
  end
  now = 0
  return true
end

local function draw_sky()
  love.graphics.setColor(1, 1, 1)
  love.graphics.draw(sky)
  for _, star in ipairs(stars) do
    love.graphics.setColor(1, 1, 1, 0.35 + 0.3 * math.sin(now * 3 + star[3] * 40))
    love.graphics.circle("fill", star[1], star[2], 0.6 + star[3])
  end
  for i = 16, 0, -1 do
    love.graphics.setColor(0.95, 0.93, 0.80, i == 0 and 1 or 0.016)
    love.graphics.circle("fill", 210, 120, 26 + i * 4)
  end
end

local function wave_height(x, layer)
  return math.sin(x / (90 - layer * 9) + now * (0.8 + layer * 0.25) + layer * 2) * (2 + layer * 1.6)
end

-- One row of waves; the nearer ones (layers 2, 3, ...) are lower, darker and higher.
local function draw_wave(layer)
  local top = HORIZON + (layer - 1) * 40
  local light = 0.36 - layer * 0.04
  local crest = {}
  for i = 0, WIDTH / STEP do
    local x = i * STEP
    local y = top + wave_height(x, layer)
    waves:setVertex(2 * i + 1, x, y, 0, 0, light * 0.5, light * 0.85, light * 1.25, 1)
    waves:setVertex(2 * i + 2, x, HEIGHT, 0, 0, 0.01, 0.03, 0.07, 1)
    crest[2 * i + 1], crest[2 * i + 2] = x, y
  end
  love.graphics.setColor(1, 1, 1)
  love.graphics.draw(waves)
  love.graphics.setColor(0.65, 0.80, 0.95, 0.10 + 0.03 * layer)
  love.graphics.line(crest)
end

local function draw_moonlight()
  for i = 1, 14 do
    local y = HORIZON + 6 + i * 11
    local half = 8 + i * 2.2 + 6 * math.sin(now * 4 + i * 1.7)
    love.graphics.setColor(0.95, 0.93, 0.80, 0.26 - i * 0.014)
    love.graphics.line(210 - half, y, 210 + half, y)
  end
end

local function draw_boat()
  local x = 110 + 330 * now / LENGTH
  local y = HORIZON + 62 + wave_height(x, 2)
  love.graphics.setColor(0.03, 0.03, 0.05)
  love.graphics.polygon("fill", x - 36, y - 8, x + 40, y - 8, x + 26, y + 10, x - 28, y + 10)
  love.graphics.polygon("fill", x - 2, y - 66, x - 2, y - 14, x - 32, y - 14)
  love.graphics.polygon("fill", x + 2, y - 58, x + 2, y - 14, x + 26, y - 14)
  love.graphics.setColor(1, 0.75, 0.35)
  love.graphics.circle("fill", x + 34, y - 12, 3)
  love.graphics.setColor(1, 0.75, 0.35, 0.18)
  love.graphics.circle("fill", x + 34, y - 12, 11)
end

-- The lamp turns once a scene: seen from the side its beam gets shorter, and comes towards us.
local function draw_beam()
  local turn = math.cos(now * 2 * math.pi / LENGTH + 2.4)
  local reach, spread = turn * 900, 40 + 60 * math.abs(turn)
  beam:setVertex(1, LAMP_X, LAMP_Y, 0, 0, 1, 0.95, 0.75, 0.75)
  beam:setVertex(2, LAMP_X + reach, LAMP_Y - spread + 60, 0, 0, 1, 0.95, 0.75, 0)
  beam:setVertex(3, LAMP_X + reach, LAMP_Y + spread + 60, 0, 0, 1, 0.95, 0.75, 0)
  love.graphics.setBlendMode "add"
  love.graphics.setColor(1, 1, 1)
  love.graphics.draw(beam)
  for i = 1, 4 do
    love.graphics.setColor(1, 0.92, 0.65, 0.22)
    love.graphics.circle("fill", LAMP_X, LAMP_Y, 4 + i * i * (1.6 - math.abs(turn)))
  end
  love.graphics.setBlendMode "alpha"
end

local function draw_lighthouse()
  love.graphics.setColor(0.04, 0.05, 0.07)
  love.graphics.polygon("fill", 650, 470, 700, 340, 745, 300, 860, 292, WIDTH, 330, WIDTH, 470)
  for i = 0, 5 do -- its stripes, from below
    local low, high = 19 - i, 18 - i
    local y = 296 - i * 22
    local shade = i % 2 == 0 and { 0.78, 0.77, 0.74 } or { 0.58, 0.16, 0.15 }
    love.graphics.setColor(shade)
    love.graphics.polygon("fill", LAMP_X - low, y, LAMP_X + low, y,
      LAMP_X + high, y - 22, LAMP_X - high, y - 22)
  end
  love.graphics.setColor(0.05, 0.06, 0.08)
  love.graphics.rectangle("fill", LAMP_X - 18, 160, 36, 5)
  love.graphics.rectangle("fill", LAMP_X - 10, 134, 20, 4)
  love.graphics.polygon("fill", LAMP_X - 13, 134, LAMP_X + 13, 134, LAMP_X, 118)
end

local function draw_rain()
  love.graphics.setColor(0.75, 0.82, 0.95, 0.22)
  for _, drop in ipairs(rain) do
    local length = 9 + 9 * drop[3]
    love.graphics.line(drop[1], drop[2], drop[1] - length * 0.2, drop[2] + length)
  end
end

local function draw_frame()
  local dark = math.max(0, 1 - now / FADE, 1 - (LENGTH - now) / FADE)
  love.graphics.setColor(0, 0, 0, dark)
  love.graphics.rectangle("fill", 0, 0, WIDTH, HEIGHT)
  love.graphics.setColor(0, 0, 0)
  love.graphics.rectangle("fill", 0, 0, WIDTH, 40)
  love.graphics.rectangle("fill", 0, HEIGHT - 40, WIDTH, 40)
end

function M.draw()
  draw_sky()
  draw_wave(1)
  draw_lighthouse()
  draw_beam()
  for layer = 2, 5 do
    draw_wave(layer)
  end
  draw_moonlight()
  draw_boat()
  draw_rain()
  draw_frame()
end

return M
