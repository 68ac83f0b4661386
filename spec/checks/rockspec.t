#!/bin/sh
exec lua5.4 tools/rockspec.lua --check
