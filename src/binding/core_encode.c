/***
Encodings.
@submodule oss.core
*/
#include "binding/core.h"
#include "core/encode.h"
#include "core/err.h"

/***
Standard base64 with padding.
@function base64
@tparam string s
@treturn string
*/
static int
base64(lua_State *L)
{
    los_str s = los_check_str(L, 1);
    struct los_buf *b = los_push_buf(L);

    los_add_base64(b, s);
    return los_push_result(L, b, LOS_OK);
}

/***
Decodes base64 strictly: full padding, no white space.
@function unbase64
@tparam string s
@treturn[1] string
@return[2] nil, message
*/
static int
unbase64(lua_State *L)
{
    los_str s = los_check_str(L, 1);
    struct los_buf *b = los_push_buf(L);

    return los_push_result(L, b, los_add_unbase64(b, s));
}

/***
Lower-case hexadecimal.
@function hex
@tparam string s
@treturn string
*/
static int
hex(lua_State *L)
{
    los_str s = los_check_str(L, 1);
    struct los_buf *b = los_push_buf(L);

    los_add_hex(b, s);
    return los_push_result(L, b, LOS_OK);
}

/***
Percent-encodes everything but letters, digits and `-._~`.
@function percent
@tparam string s
@tparam[opt=false] boolean keep_slash leave `/` as it is
@treturn string
*/
static int
percent(lua_State *L)
{
    los_str s = los_check_str(L, 1);
    int keep_slash = lua_toboolean(L, 2);
    struct los_buf *b = los_push_buf(L);

    los_add_percent(b, s, keep_slash);
    return los_push_result(L, b, LOS_OK);
}

/***
Decodes `%XX`; `+` stays `+`.
@function unpercent
@tparam string s
@treturn[1] string
@return[2] nil, message
*/
static int
unpercent(lua_State *L)
{
    los_str s = los_check_str(L, 1);
    struct los_buf *b = los_push_buf(L);

    return los_push_result(L, b, los_add_unpercent(b, s));
}

/***
A JSON string with its quotes. UTF-8, `/` and `&` stay as they are.
@function json_string
@tparam string s
@treturn[1] string
@return[2] nil, message when `s` is not UTF-8
*/
static int
json_string(lua_State *L)
{
    los_str s = los_check_str(L, 1);
    struct los_buf *b = los_push_buf(L);

    return los_push_result(L, b, los_add_json_string(b, s));
}

/***
Compares secrets in a time that depends on their lengths only.
@function equal
@tparam string a
@tparam string b
@treturn boolean
*/
static int
equal(lua_State *L)
{
    los_str a = los_check_str(L, 1), b = los_check_str(L, 2);

    lua_pushboolean(L, los_equal_secret(a, b));
    return 1;
}

void
los_open_encode(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"base64", base64},
        {"unbase64", unbase64},
        {"hex", hex},
        {"percent", percent},
        {"unpercent", unpercent},
        {"json_string", json_string},
        {"equal", equal},
        {NULL, NULL},
    };

    luaL_setfuncs(L, functions, 0);
}
