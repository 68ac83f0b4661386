std = "lua51+lua52+lua53+lua54+luajit"
max_line_length = 120
files["spec"].std = "+busted"
files["lua/oss/emulator"].std = "+ngx_lua"
files["lua/resty"].std = "+ngx_lua"
exclude_files = { "build/**" }
