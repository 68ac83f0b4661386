/***
The clock, and files.
@submodule oss.curl
*/
#include "binding/curl_system.h"
#include "binding/compat.h"
#include "core/err.h"
#include "curl/loop.h"
#include "curl/stat.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/***
@function now
@treturn number seconds of a clock that only goes forward
*/
int
los_lua_now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)los_loop_now() / 1000);
    return 1;
}

/***
@function stat
@tparam string path
@treturn integer|nil size in bytes, nil for what is no regular file
@treturn string time of the last change, to compare with another
*/
int
los_lua_stat(lua_State *L)
{
    struct los_file_stat st;
    char changed[48];

    if (los_file_stat(luaL_checkstring(L, 1), &st) != LOS_OK) {
        lua_pushnil(L);
        lua_pushstring(L, strerror(errno));
        return 2;
    }
#if LUA_VERSION_NUM >= 503
    lua_pushinteger(L, (lua_Integer)st.size);
#else
    lua_pushnumber(L, (lua_Number)st.size);
#endif
    snprintf(changed, sizeof(changed), "%lld.%09ld", (long long)st.changed_s,
             st.changed_ns);
    lua_pushstring(L, changed);
    return 2;
}
