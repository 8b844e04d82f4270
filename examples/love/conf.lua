--- LÖVE's settings: the window, and the folder that sounds are kept in.

function love.conf(settings)
  settings.identity = "kling-lighthouse"
  settings.version = "11.4"
  settings.window.title = "The lighthouse"
  settings.window.width = 960
  settings.window.height = 540
  settings.modules.joystick = false
  settings.modules.physics = false
  settings.modules.video = false
end
