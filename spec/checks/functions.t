#!/bin/sh
exec lua5.4 tools/functions.lua
