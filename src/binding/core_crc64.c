/***
CRC-64.
@submodule oss.core
*/
#include "binding/core.h"
#include "core/crc64.h"

#define CRC64 "oss.crc64"

/* A CRC crosses the border in decimal, since not every Lua has 64 bits. */
static uint64_t
check_crc(lua_State *L, int index)
{
    los_str s = los_check_str(L, index);
    uint64_t value = 0;
    size_t i;

    for (i = 0; i < s.n; i++) {
        unsigned digit = (unsigned)(unsigned char)s.p[i] - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            break;
        value = value * 10 + digit;
    }
    luaL_argcheck(L, s.n > 0 && i == s.n, index,
                  "decimal string below 2^64 expected");
    return value;
}

static int
push_crc(lua_State *L, uint64_t value)
{
    char digits[20];
    size_t i = sizeof(digits);

    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    lua_pushlstring(L, digits + i, sizeof(digits) - i);
    return 1;
}

/***
CRC-64/XZ, as in OSS's `x-oss-hash-crc64ecma`.
@function crc64
@tparam string s
@tparam[opt="0"] string crc decimal CRC of the bytes before `s`
@treturn string decimal
*/
static int
crc64(lua_State *L)
{
    los_str s = los_check_str(L, 1);
    uint64_t crc = lua_isnoneornil(L, 2) ? 0 : check_crc(L, 2);

    return push_crc(L, los_crc64(crc, s.p, s.n));
}

/***
The CRC-64 of two pieces behind one another.
@function crc64_combine
@tparam string a decimal CRC of the first piece
@tparam string b decimal CRC of the second piece
@tparam number length_b bytes of the second piece
@treturn string decimal
*/
static int
crc64_combine(lua_State *L)
{
    uint64_t a = check_crc(L, 1), b = check_crc(L, 2);
    lua_Number length = luaL_checknumber(L, 3);

    luaL_argcheck(L,
                  length >= 0 && length <= 9007199254740992.0
                      && (lua_Number)(uint64_t)length == length,
                  3, "whole number of bytes expected");
    return push_crc(L, los_crc64_combine(a, b, (uint64_t)length));
}

/***
A CRC-64 of data that comes in pieces.
@type crc64
*/

static int
crc64_close(lua_State *L)
{
    (void)L; /* nothing is held */
    return 0;
}

/***
@function crc64_new
@treturn crc64 an object with the methods `update` and `value`
*/
static int
crc64_new(lua_State *L)
{
    uint64_t *crc = lua_newuserdata(L, sizeof(*crc));

    *crc = 0;
    luaL_setmetatable(L, CRC64);
    return 1;
}

/***
@function update
@tparam string s
@tparam[opt=1] integer first byte of it that counts, from 1
@tparam[opt=#s] integer last
@treturn crc64 itself
*/
static int
crc64_update(lua_State *L)
{
    uint64_t *crc = luaL_checkudata(L, 1, CRC64);
    los_str s = los_check_str(L, 2);
    lua_Number first = luaL_optnumber(L, 3, 1);
    lua_Number last = luaL_optnumber(L, 4, (lua_Number)s.n);

    luaL_argcheck(L, first >= 1 && last <= (lua_Number)s.n, 3,
                  "bytes of the string expected");
    if (first <= last)
        *crc = los_crc64(*crc, s.p + (size_t)first - 1,
                         (size_t)last - (size_t)first + 1);
    lua_settop(L, 1);
    return 1;
}

/***
@function value
@treturn string decimal CRC of everything so far
*/
static int
crc64_value(lua_State *L)
{
    uint64_t *crc = luaL_checkudata(L, 1, CRC64);

    return push_crc(L, *crc);
}

void
los_open_crc64(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"crc64", crc64},
        {"crc64_combine", crc64_combine},
        {"crc64_new", crc64_new},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"update", crc64_update},
        {"value", crc64_value},
        {NULL, NULL},
    };

    los_new_class(L, CRC64, methods, crc64_close);
    luaL_setfuncs(L, functions, 0);
}
