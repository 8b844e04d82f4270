--- As little of LÖVE as has frames.

function love.conf(t) -- luacheck: globals love
  t.window.width, t.window.height = 64, 64
  t.window.vsync = 0
  t.modules.audio = false
  t.modules.joystick = false
  t.modules.physics = false
  t.modules.sound = false
end
