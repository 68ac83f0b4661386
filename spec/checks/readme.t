#!/bin/sh
LUA_PATH="lua/?.lua;lua/?/init.lua;;" exec lua5.4 tools/readme.lua --check
