#!/bin/sh
# `luarocks make` builds and installs for Lua 5.1 and 5.4; what it installed works by itself.
set -eu
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
echo 1..2
cat >"$tree/config.lua" <<LUA
rocks_servers = {}
rocks_provided = { ["lua-cjson"] = "2.1.0-1", ["luaexpat"] = "1.5.1-1" }
LUA
git ls-files -co --exclude-standard -z | tar --null -cf - -T - | (mkdir "$tree/src" && cd "$tree/src" && tar -xf -)
n=0
for version in 5.1 5.4; do
    n=$((n + 1))
    if (cd "$tree/src" && LUAROCKS_CONFIG="$tree/config.lua" luarocks --lua-version "$version" \
        --tree "$tree/rocks" make rockspec/lua-oss-scm-1.rockspec) >"$tree/log" 2>&1 &&
        (cd "$tree" && LUA_PATH="$tree/rocks/share/lua/$version/?.lua;$tree/rocks/share/lua/$version/?/init.lua;;" \
            LUA_CPATH="$tree/rocks/lib/lua/$version/?.so;;" LUA_INIT= "lua$version" -e '
        local oss = require "oss"
        local client = oss.client { region = "cn-hangzhou", anonymous = true }
        client:close()
        assert(oss.callback.explain { url = "http://example.com", body = "size=${size}" })') >>"$tree/log" 2>&1; then
        echo "ok $n - luarocks make for $version"
    else
        sed 's/^/# /' "$tree/log"
        echo "not ok $n - luarocks make for $version"
    fi
done
