--- A small window that draws as often as it can: a frame's time is what it takes, and no waiting.

function love.conf(t) -- luacheck: globals love
  t.window.width, t.window.height = 320, 180
  t.window.vsync = 0
end
