/* One C API for Lua 5.1 to 5.4 and LuaJIT.
 *
 * The headers of OpenResty's LuaJIT call themselves 5.1 and yet have some of
 * the newer functions, which a module built for plain 5.1 would not find: so
 * on 5.1 ours replace them all. */
#ifndef LOS_COMPAT_H
#define LOS_COMPAT_H

#include <lauxlib.h>
#include <lua.h>

#if LUA_VERSION_NUM < 502

#undef lua_rawlen
#define lua_rawlen lua_objlen

/* The value of a userdata: a table on 5.1. */
#undef lua_setuservalue
#define lua_setuservalue lua_setfenv
#undef lua_getuservalue
#define lua_getuservalue lua_getfenv

static inline void
los_compat_setfuncs(lua_State *L, const luaL_Reg *list)
{
    for (; list->name != NULL; list++) {
        lua_pushcfunction(L, list->func);
        lua_setfield(L, -2, list->name);
    }
}
#undef luaL_setfuncs
#define luaL_setfuncs(L, list, upvalues) los_compat_setfuncs(L, list)

static inline void
los_compat_setmetatable(lua_State *L, const char *name)
{
    luaL_getmetatable(L, name);
    lua_setmetatable(L, -2);
}
#undef luaL_setmetatable
#define luaL_setmetatable los_compat_setmetatable

static inline void *
los_compat_testudata(lua_State *L, int index, const char *name)
{
    void *data = lua_touserdata(L, index);
    int same;

    if (data == NULL || !lua_getmetatable(L, index))
        return NULL;
    luaL_getmetatable(L, name);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same ? data : NULL;
}
#undef luaL_testudata
#define luaL_testudata los_compat_testudata

#endif

/* Makes the metatable of a class. close serves as `__gc` and `__close`: it
 * must bear being called again, and check its argument, since Lua code can get
 * at it through the metatable. */
static inline void
los_new_class(lua_State *L, const char *name, const luaL_Reg *methods,
              lua_CFunction close)
{
    luaL_newmetatable(L, name);
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__close");
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
    lua_pop(L, 1);
}

#endif
