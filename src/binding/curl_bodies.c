#include "binding/curl_bodies.h"
#include "binding/block.h"
#include "binding/curl_answer.h"

void
los_keep_body(lua_State *L, uint64_t id)
{
    struct los_block *block;

    lua_getuservalue(L, 1);
    los_push_int64(L, (long long)id);
    lua_pushliteral(L, "body");
    lua_rawget(L, 2);
    block = luaL_testudata(L, -1, LOS_BLOCK);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    if (block != NULL)
        block->sending++;
}

/* The body is on top of the stack. */
static void
release(lua_State *L)
{
    struct los_block *block = luaL_testudata(L, -1, LOS_BLOCK);

    if (block != NULL)
        los_block_sent(block);
}

void
los_drop_body(lua_State *L, uint64_t id)
{
    lua_getuservalue(L, 1);
    los_push_int64(L, (long long)id);
    lua_rawget(L, -2);
    if (!lua_isnil(L, -1)) {
        release(L);
        los_push_int64(L, (long long)id);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 2);
}

void
los_drop_bodies(lua_State *L)
{
    lua_getuservalue(L, 1);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        release(L);
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 1);
}
