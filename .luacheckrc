std = "lua51+lua52+lua53+lua54+luajit"
max_line_length = 110
files["spec/**/*.lua"].std = "+busted"
files["lua/oss/emulator/*.lua"].std = "+ngx_lua"
files["lua/resty/**/*.lua"].std = "+ngx_lua"
exclude_files = { "build/**" }
