/***
Blocks.
@submodule oss.core
*/
#include "binding/block.h"
#include "binding/core.h"
#include "core/err.h"

static struct los_block *
check_block(lua_State *L)
{
    struct los_block *b = luaL_checkudata(L, 1, LOS_BLOCK);

    luaL_argcheck(L, b->p != NULL, 1, "the block was freed");
    return b;
}

static int
collect_block(lua_State *L)
{
    struct los_block *b = luaL_checkudata(L, 1, LOS_BLOCK);

    if (b->sending == 0)
        los_block_free(b);
    else
        b->unwanted = 1;
    return 0;
}

/***
Room for bytes outside of Lua's memory, which a transfer can send.
@function block
@tparam integer size bytes that it can hold
@treturn[1] block empty
@treturn[2] nil
@treturn[2] string why not: memory
*/
static int
new_block(lua_State *L)
{
    lua_Number size = luaL_checknumber(L, 1);
    struct los_block *b;

    luaL_argcheck(L, size >= 1 && size <= (lua_Number)(SIZE_MAX / 2), 1,
                  "a number of bytes expected");
    b = lua_newuserdata(L, sizeof(*b));
    memset(b, 0, sizeof(*b));
    luaL_setmetatable(L, LOS_BLOCK);
    b->p = los_malloc((size_t)size);
    if (b->p == NULL)
        return los_push_error(L, LOS_E_MEMORY);
    b->max = (size_t)size;
    return 1;
}

/***
Bytes outside of Lua's memory; `#block` is their number.
@type block
*/

/***
Copies a piece of a string behind what is there, as much as there is room for.
@function fill
@tparam string s
@tparam integer from the first byte of the piece, counted from 1
@tparam integer most bytes of the piece
@treturn integer bytes copied
*/
static int
fill(lua_State *L)
{
    struct los_block *b = check_block(L);
    los_str s = los_check_str(L, 2);
    lua_Number from = luaL_checknumber(L, 3), most = luaL_checknumber(L, 4);
    size_t at, n = b->max - b->n;

    luaL_argcheck(L, b->sending == 0, 1, "the block is being sent");
    luaL_argcheck(L, from >= 1 && from - 1 <= (lua_Number)s.n, 3,
                  "a byte of the string expected");
    luaL_argcheck(L, most >= 0, 4, "a number of bytes expected");
    at = (size_t)from - 1;
    if (n > s.n - at)
        n = s.n - at;
    if ((lua_Number)n > most)
        n = (size_t)most;
    if (n > 0)
        memcpy(b->p + b->n, s.p + at, n);
    b->n += n;
    lua_pushinteger(L, (lua_Integer)n);
    return 1;
}

/***
As `string.sub`, with bytes counted from 1; "" from a block that was freed.
@function sub
@tparam integer first
@tparam integer last
@treturn string
*/
static int
sub(lua_State *L)
{
    struct los_block *b = luaL_checkudata(L, 1, LOS_BLOCK);
    lua_Number first = luaL_checknumber(L, 2), last = luaL_checknumber(L, 3);

    luaL_argcheck(L, first >= 1, 2, "counted from 1");
    if (last > (lua_Number)b->n)
        last = (lua_Number)b->n;
    if (first > last)
        lua_pushliteral(L, "");
    else
        lua_pushlstring(L, b->p + (size_t)first - 1,
                        (size_t)last - (size_t)first + 1);
    return 1;
}

/***
Empties the block.
@function clear
*/
static int
clear(lua_State *L)
{
    struct los_block *b = check_block(L);

    luaL_argcheck(L, b->sending == 0, 1, "the block is being sent");
    b->n = 0;
    return 0;
}

static int
length(lua_State *L)
{
    struct los_block *b = luaL_checkudata(L, 1, LOS_BLOCK);

    lua_pushinteger(L, (lua_Integer)b->n);
    return 1;
}

/***
Gives the memory back, at once or as soon as no transfer reads it.
@function free
*/

void
los_open_block(lua_State *L)
{
    static const luaL_Reg functions[] = {{"block", new_block}, {NULL, NULL}};
    static const luaL_Reg methods[] = {{"fill", fill},
                                       {"sub", sub},
                                       {"clear", clear},
                                       {"free", collect_block},
                                       {NULL, NULL}};

    los_new_class(L, LOS_BLOCK, methods, collect_block);
    luaL_getmetatable(L, LOS_BLOCK);
    lua_pushcfunction(L, length);
    lua_setfield(L, -2, "__len");
    lua_pop(L, 1);
    luaL_setfuncs(L, functions, 0);
}
