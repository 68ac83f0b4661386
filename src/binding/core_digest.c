/***
Digests.
@submodule oss.core
*/
#include "binding/core.h"
#include "core/digest.h"
#include "core/err.h"

#define MD5 "oss.md5"

/* The digest of one message; key is NULL for those that have none. */
static int
digest(enum los_digest_kind kind, const los_str *key, los_str data,
       unsigned char out[LOS_DIGEST_MAX], size_t *size)
{
    struct los_digest *d;
    int code = los_digest_new(&d, kind);

    if (code != LOS_OK)
        return code;
    *size = los_digest_size(d);
    code = key != NULL ? los_digest_key(d, *key) : LOS_OK;
    if (code == LOS_OK)
        code = los_digest_begin(d);
    if (code == LOS_OK)
        code = los_digest_add(d, data);
    if (code == LOS_OK)
        code = los_digest_end(d, out);
    los_digest_free(d);
    return code;
}

static int
push_digest(lua_State *L, enum los_digest_kind kind, const los_str *key,
            los_str data)
{
    unsigned char out[LOS_DIGEST_MAX];
    size_t size;
    int code = digest(kind, key, data, out, &size);

    if (code != LOS_OK)
        return los_push_error(L, code);
    lua_pushlstring(L, (const char *)out, size);
    return 1;
}

/***
@function md5
@tparam string s
@treturn string 16 bytes
*/
static int
md5(lua_State *L)
{
    return push_digest(L, LOS_MD5, NULL, los_check_str(L, 1));
}

/***
@function sha256
@tparam string s
@treturn string 32 bytes
*/
static int
sha256(lua_State *L)
{
    return push_digest(L, LOS_SHA256, NULL, los_check_str(L, 1));
}

/***
@function hmac_sha1
@tparam string key
@tparam string s
@treturn string 20 bytes
*/
static int
hmac_sha1(lua_State *L)
{
    los_str key = los_check_str(L, 1), data = los_check_str(L, 2);

    return push_digest(L, LOS_HMAC_SHA1, &key, data);
}

/***
@function hmac_sha256
@tparam string key
@tparam string s
@treturn string 32 bytes
*/
static int
hmac_sha256(lua_State *L)
{
    los_str key = los_check_str(L, 1), data = los_check_str(L, 2);

    return push_digest(L, LOS_HMAC_SHA256, &key, data);
}

/* ---- MD5 of data that comes in pieces */

static int
md5_close(lua_State *L)
{
    struct los_digest **d = luaL_checkudata(L, 1, MD5);

    los_digest_free(*d);
    *d = NULL;
    return 0;
}

static struct los_digest *
check_md5(lua_State *L)
{
    struct los_digest **d = luaL_checkudata(L, 1, MD5);

    if (*d == NULL)
        luaL_error(L, "this MD5 has given its result already");
    return *d;
}

/***
An MD5 of data that comes in pieces.
@type md5
*/

/***
@function md5_new
@treturn[1] md5 an object with the methods `update` and `final`
@return[2] nil, message
*/
static int
md5_new(lua_State *L)
{
    struct los_digest **d = lua_newuserdata(L, sizeof(struct los_digest *));
    int code;

    *d = NULL;
    luaL_setmetatable(L, MD5);
    code = los_digest_new(d, LOS_MD5);
    if (code == LOS_OK)
        code = los_digest_begin(*d);
    return code == LOS_OK ? 1 : los_push_error(L, code);
}

/***
@function update
@tparam string s
@treturn[1] md5 itself
@return[2] nil, message
*/
static int
md5_update(lua_State *L)
{
    struct los_digest *d = check_md5(L);
    int code = los_digest_add(d, los_check_str(L, 2));

    if (code != LOS_OK)
        return los_push_error(L, code);
    lua_settop(L, 1);
    return 1;
}

/***
Gives the result; the object is used up then.
@function final
@treturn[1] string 16 bytes
@return[2] nil, message
*/
static int
md5_final(lua_State *L)
{
    struct los_digest *d = check_md5(L);
    unsigned char out[LOS_DIGEST_MAX];
    size_t size = los_digest_size(d);
    int code = los_digest_end(d, out);

    md5_close(L);
    if (code != LOS_OK)
        return los_push_error(L, code);
    lua_pushlstring(L, (const char *)out, size);
    return 1;
}

void
los_open_digest(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"md5", md5},
        {"sha256", sha256},
        {"hmac_sha1", hmac_sha1},
        {"hmac_sha256", hmac_sha256},
        {"md5_new", md5_new},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"update", md5_update},
        {"final", md5_final},
        {NULL, NULL},
    };

    los_new_class(L, MD5, methods, md5_close);
    luaL_setfuncs(L, functions, 0);
}
