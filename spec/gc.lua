-- A collector that never rests: what is used after it was freed shows at once.
collectgarbage("setpause", 0)
collectgarbage("setstepmul", 1000)
