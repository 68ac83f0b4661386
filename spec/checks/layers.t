#!/bin/sh
exec lua5.4 tools/layers.lua
