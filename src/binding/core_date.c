/***
Dates.
@submodule oss.core
*/
#include "binding/core.h"
#include "core/date.h"
#include "core/err.h"

/***
@function date_iso
@tparam number t unix seconds
@treturn[1] string `20231216T162057Z`
@return[2] nil, message
*/
static int
date_iso(lua_State *L)
{
    char out[LOS_DATE_ISO_SIZE];
    int code = los_date_iso(los_check_time(L, 1), out);

    if (code != LOS_OK)
        return los_push_error(L, code);
    lua_pushlstring(L, out, sizeof(out));
    return 1;
}

/***
@function date_http
@tparam number t unix seconds
@treturn[1] string `Sat, 16 Dec 2023 16:20:57 GMT`
@return[2] nil, message
*/
static int
date_http(lua_State *L)
{
    char out[LOS_DATE_HTTP_SIZE];
    int code = los_date_http(los_check_time(L, 1), out);

    if (code != LOS_OK)
        return los_push_error(L, code);
    lua_pushlstring(L, out, sizeof(out));
    return 1;
}

/***
Reads either form above, and `2023-12-16T16:20:57Z` with or without a fraction
of the second.
@function parse_date
@tparam string s
@treturn[1] number unix seconds
@return[2] nil, message
*/
static int
parse_date(lua_State *L)
{
    int64_t seconds;
    int code = los_date_parse(los_check_str(L, 1), &seconds);

    if (code != LOS_OK) {
        lua_pushnil(L);
        lua_pushliteral(L, "the text is not a date that OSS uses");
        return 2;
    }
#if LUA_VERSION_NUM >= 503
    lua_pushinteger(L, (lua_Integer)seconds);
#else
    lua_pushnumber(L, (lua_Number)seconds); /* integers may have 32 bits */
#endif
    return 1;
}

void
los_open_date(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"date_iso", date_iso},
        {"date_http", date_http},
        {"parse_date", parse_date},
        {NULL, NULL},
    };

    luaL_setfuncs(L, functions, 0);
}
