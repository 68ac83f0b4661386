/* The clocks of a frame, for Lua: seconds with all their digits. */
#include <lauxlib.h>
#include <lua.h>
#include <time.h>

static int
push(lua_State *L, clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    lua_pushnumber(L, (lua_Number)t.tv_sec + (lua_Number)t.tv_nsec / 1e9);
    return 1;
}

static int
wall(lua_State *L)
{
    return push(L, CLOCK_MONOTONIC);
}

/* Of the calling thread alone. */
static int
cpu(lua_State *L)
{
    return push(L, CLOCK_THREAD_CPUTIME_ID);
}

static int
sleep_until(lua_State *L)
{
    lua_Number at = luaL_checknumber(L, 1);
    struct timespec t;

    t.tv_sec = (time_t)at;
    t.tv_nsec = (long)((at - (lua_Number)t.tv_sec) * 1e9);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    return 0;
}

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int
luaopen_bench_clock(lua_State *L);

int
luaopen_bench_clock(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, wall);
    lua_setfield(L, -2, "wall");
    lua_pushcfunction(L, cpu);
    lua_setfield(L, -2, "cpu");
    lua_pushcfunction(L, sleep_until);
    lua_setfield(L, -2, "sleep_until");
    return 1;
}
