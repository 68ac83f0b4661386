/***
Bytes in, bytes out: encodings, digests, dates, checksums and signatures.
Nothing here reads a clock or does I/O; times are unix seconds. What the world
can cause comes back as `nil, message`; an argument of a wrong type raises.
@module oss.core
*/
#include "binding/core.h"
#include "core/err.h"

#define BUFFER "oss.buffer"

los_str
los_check_str(lua_State *L, int index)
{
    los_str s;

    luaL_checktype(L, index, LUA_TSTRING);
    s.p = lua_tolstring(L, index, &s.n);
    return s;
}

int64_t
los_check_time(lua_State *L, int index)
{
    lua_Number t = luaL_checknumber(L, index);

    return t >= 0 && t < 1e12 ? (int64_t)t : -1;
}

int
los_push_error(lua_State *L, int code)
{
    lua_pushnil(L);
    lua_pushstring(L, los_error_text(code));
    return 2;
}

static int
buf_close(lua_State *L)
{
    los_buf_free(luaL_checkudata(L, 1, BUFFER));
    return 0;
}

struct los_buf *
los_push_buf(lua_State *L)
{
    struct los_buf *b = lua_newuserdata(L, sizeof(*b));

    los_buf_init(b, LOS_RESULT_MAX);
    luaL_setmetatable(L, BUFFER);
    return b;
}

int
los_push_result(lua_State *L, struct los_buf *b, int code)
{
    los_str result = los_buf_str(b);

    if (code == LOS_OK)
        code = los_buf_error(b);
    if (code != LOS_OK)
        return los_push_error(L, code);
    lua_pushlstring(L, result.p, result.n);
    los_buf_free(b);
    return 1;
}

__attribute__((visibility("default"))) int luaopen_oss_core(lua_State *L);

int
luaopen_oss_core(lua_State *L)
{
    static const luaL_Reg no_methods[] = {{NULL, NULL}};

    los_new_class(L, BUFFER, no_methods, buf_close);
    lua_newtable(L);
    los_open_encode(L);
    los_open_digest(L);
    los_open_crc64(L);
    los_open_block(L);
    los_open_date(L);
    los_open_request(L);
    los_open_sign(L);
    los_open_rsa(L);
    los_open_callback(L);
    return 1;
}
