/* A libFuzzer target in Lua over the C core. TARGET is a file that returns a
 * function, which is given each input and raises when something does not hold
 * that must. libFuzzer is told which lines of Lua ran; how many may run is
 * bounded by the length of the input. */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNTERS 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int luaopen_oss_core(lua_State *L);

__attribute__((
    section("__libfuzzer_extra_counters"))) static uint8_t counters[COUNTERS];

static uint32_t last_line;
static size_t lines_left;

static void
stop(const char *message)
{
    fprintf(stderr, "%s\n", message);
    abort();
}

/* A way from one line to another counts, not the line alone. */
static void
count_line(lua_State *L, lua_Debug *ar)
{
    uint32_t line = 5381;
    const char *name;

    lua_getinfo(L, "Sl", ar);
    for (name = ar->short_src; *name != '\0'; name++)
        line = line * 33 + (unsigned char)*name;
    line = (line * 33 + (uint32_t)ar->currentline) * 2654435761u;
    counters[((line ^ (last_line >> 1)) >> 8) % COUNTERS]++;
    last_line = line;
    if (lines_left-- == 0)
        stop("the time is not bounded by the length of the input");
}

static lua_State *
open_state(void)
{
    lua_State *L = luaL_newstate();

    if (L == NULL)
        stop("no memory");
    luaL_openlibs(L);
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
    lua_pushcfunction(L, luaopen_oss_core);
    lua_setfield(L, -2, "oss.core");
    lua_pop(L, 1);
    if (luaL_dofile(L, TARGET))
        stop(lua_tostring(L, -1));
    lua_sethook(L, count_line, LUA_MASKLINE, 0);
    return L;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *L;

    if (L == NULL)
        L = open_state();
    last_line = 0;
    lines_left = 20000 + 400 * size;
    lua_pushvalue(L, -1);
    lua_pushlstring(L, (const char *)data, size);
    if (lua_pcall(L, 1, 0, 0) != LUA_OK)
        stop(lua_tostring(L, -1));
    /* libFuzzer looks for leaks, slowly, when something was not freed. */
    lua_gc(L, LUA_GCCOLLECT);
    return 0;
}
