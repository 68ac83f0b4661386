function love.conf(t)
  local headless = os.getenv("NOWIN") -- for machines without a display
  t.identity = "love_upload"
  t.window.title = "Uploading while the game goes on"
  t.window.width, t.window.height = 640, 360
  t.modules.window = not headless
  t.modules.graphics = not headless
  t.modules.audio, t.modules.sound, t.modules.video = false, false, false
  t.modules.joystick, t.modules.physics = false, false
end
