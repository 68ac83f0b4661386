#!/bin/sh
echo 1..1
report=$(luacheck -q --no-color lua spec tools examples bin/luaoss 2>&1) && echo "ok 1 - luacheck" && exit 0
echo "$report" | sed 's/^/# /'
echo "not ok 1 - luacheck"
exit 1
