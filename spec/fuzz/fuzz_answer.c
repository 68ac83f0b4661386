/* libFuzzer target: answers of a server, as the cosocket transport reads
 * them. */
#define TARGET "spec/fuzz/answer.lua"
#include "lua_target.h"
