/* libFuzzer target: the receiving side of a callback. */
#define TARGET "spec/fuzz/receiver.lua"
#include "lua_target.h"
