/***
Signatures.
@submodule oss.core
*/
#include "binding/core.h"
#include "core/err.h"
#include "core/sign.h"

#define SIGNER "oss.signer"

/* A string field of the options in argument 1, left on the stack. */
static los_str
get_option(lua_State *L, const char *name)
{
    los_str value = los_str_of(NULL, 0);

    lua_getfield(L, 1, name);
    if (lua_isnil(L, -1))
        return value;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_argerror(L, 1,
                      lua_pushfstring(L, "%s: string expected, got %s", name,
                                      luaL_typename(L, -1)));
    value.p = lua_tolstring(L, -1, &value.n);
    return value;
}

/* Leaves the list on the stack, which keeps its strings. Runs no Lua code
 * after the list is had. */
static size_t
get_additional(lua_State *L, los_str names[LOS_ADDITIONAL_MAX])
{
    size_t n, i;

    lua_getfield(L, 1, "additional_headers");
    if (lua_isnil(L, -1))
        return 0;
    luaL_argcheck(L, lua_istable(L, -1), 1,
                  "additional_headers: list of strings expected");
    n = lua_rawlen(L, -1);
    luaL_argcheck(L, n <= LOS_ADDITIONAL_MAX, 1,
                  "additional_headers: at most 32 expected");
    for (i = 0; i < n; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1,
                      "additional_headers: list of strings expected");
        names[i].p = lua_tolstring(L, -1, &names[i].n);
        lua_pop(L, 1);
    }
    return n;
}

static int
signer_close(lua_State *L)
{
    struct los_signer **s = luaL_checkudata(L, 1, SIGNER);

    los_signer_free(*s);
    *s = NULL;
    return 0;
}

static struct los_signer *
check_signer(lua_State *L)
{
    struct los_signer **s = luaL_checkudata(L, 1, SIGNER);

    luaL_argcheck(L, *s != NULL, 1, "this signer is closed");
    return *s;
}

/***
Makes a signer: credentials and what else is the same for many requests. It
keeps the day's key of version 4; secrets are wiped when it is collected.
@function signer
@tparam table options `version` ("v4" or "v1"), `id`, `secret`, `token` (of
 temporary credentials), and for version 4 `region`, `product` ("oss") and
 `additional_headers` (names of headers to be signed as well)
@treturn[1] signer
@return[2] nil, message
*/
static int
new_signer(lua_State *L)
{
    los_str names[LOS_ADDITIONAL_MAX];
    struct los_signer_config c;
    struct los_fault fault;
    struct los_signer **s;
    los_str version;
    int code;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    s = lua_newuserdata(L, sizeof(*s));
    *s = NULL;
    luaL_setmetatable(L, SIGNER);
    version = get_option(L, "version");
    c.version =
        los_str_equal(version, LOS_STR("v1")) ? LOS_SIGN_V1 : LOS_SIGN_V4;
    luaL_argcheck(
        L, c.version == LOS_SIGN_V1 || los_str_equal(version, LOS_STR("v4")),
        1, "version: \"v4\" or \"v1\" expected");
    c.id = get_option(L, "id");
    c.secret = get_option(L, "secret");
    c.token = get_option(L, "token");
    c.region = get_option(L, "region");
    c.product = get_option(L, "product");
    c.additional = names;
    c.additional_count = get_additional(L, names);
    code = los_signer_new(s, &c, &fault);
    if (code != LOS_OK)
        return los_push_fault(L, code, &fault);
    lua_settop(L, 2);
    return 1;
}

/***
@type signer
*/

static void
push_str(lua_State *L, los_str s)
{
    lua_pushlstring(L, s.p, s.n);
}

static int
push_wire(lua_State *L, int code, const struct los_signed *result,
          const struct los_fault *fault)
{
    if (code != LOS_OK)
        return los_push_fault(L, code, fault);
    push_str(L, result->url);
    push_str(L, result->head);
    return 2;
}

/***
Signs a request in its head. Version 4 adds x-oss-date, x-oss-content-sha256
and Authorization; version 1 adds Date (unless the request has Date or
x-oss-date) and Authorization; both add x-oss-security-token. These replace
what the request has of them.
@function sign
@tparam table request see @{render}
@tparam number now unix seconds
@treturn[1] string URL
@treturn[1] string head
@return[2] nil, message
*/
static int
sign(lua_State *L)
{
    struct los_signer *s = check_signer(L);
    int64_t now = los_check_time(L, 3);
    struct los_request_box box;
    struct los_signed result;
    struct los_fault fault;

    los_check_request(L, 2, &box);
    return push_wire(L, los_signer_sign(s, &box.request, now, &result, &fault),
                     &result, &fault);
}

/***
Signs a request in its URL.
@function presign
@tparam table request see @{render}
@tparam number now unix seconds
@tparam number expires seconds that the URL holds; at most 604800 (7 days)
 for version 4
@treturn[1] string URL
@treturn[1] string head: what the user of the URL has to send
@return[2] nil, message
*/
static int
presign(lua_State *L)
{
    struct los_signer *s = check_signer(L);
    int64_t now = los_check_time(L, 3), expires = los_check_time(L, 4);
    struct los_request_box box;
    struct los_signed result;
    struct los_fault fault;

    los_check_request(L, 2, &box);
    return push_wire(
        L, los_signer_presign(s, &box.request, now, expires, &result, &fault),
        &result, &fault);
}

/***
The signature of a form's policy.
@function policy
@tparam string policy base64, as it is sent
@tparam number now unix seconds
@treturn[1] string hexadecimal for version 4, base64 for version 1
@return[2] nil, message
*/
static int
policy(lua_State *L)
{
    struct los_signer *s = check_signer(L);
    los_str text = los_check_str(L, 2), signature;
    int64_t now = los_check_time(L, 3);
    struct los_fault fault;
    int code = los_signer_policy(s, text, now, &signature, &fault);

    if (code != LOS_OK)
        return los_push_fault(L, code, &fault);
    push_str(L, signature);
    return 1;
}

/***
The credential of version 4, as forms and URLs need it.
@function credential
@tparam number now unix seconds
@treturn[1] string `id/20231216/cn-hangzhou/oss/aliyun_v4_request`
@return[2] nil, message
*/
static int
credential(lua_State *L)
{
    struct los_signer *s = check_signer(L);
    int64_t now = los_check_time(L, 2);
    struct los_fault fault;
    los_str text;
    int code = los_signer_credential(s, now, &text, &fault);

    if (code != LOS_OK)
        return los_push_fault(L, code, &fault);
    push_str(L, text);
    return 1;
}

/***
The stages of a signature, to compare them with OSS's or another's.
@function stages
@tparam table request see @{render}
@tparam number now unix seconds
@tparam[opt] number expires signs in the URL when given
@treturn[1] table `canonical_request` (version 4), `string_to_sign`,
 `signature`, `authorization` (unless in the URL)
@return[2] nil, message
*/
static int
stages(lua_State *L)
{
    struct los_signer *s = check_signer(L);
    int64_t now = los_check_time(L, 3);
    int in_url = !lua_isnoneornil(L, 4);
    int64_t expires = in_url ? los_check_time(L, 4) : 0;
    struct los_request_box box;
    struct los_signed result;
    struct los_fault fault;
    int code;

    los_check_request(L, 2, &box);
    code = in_url ? los_signer_presign(s, &box.request, now, expires, &result,
                                       &fault)
                  : los_signer_sign(s, &box.request, now, &result, &fault);
    if (code != LOS_OK)
        return los_push_fault(L, code, &fault);
    lua_newtable(L);
    push_str(L, result.string_to_sign);
    lua_setfield(L, -2, "string_to_sign");
    push_str(L, result.signature);
    lua_setfield(L, -2, "signature");
    if (result.canonical_request.n > 0) {
        push_str(L, result.canonical_request);
        lua_setfield(L, -2, "canonical_request");
    }
    if (result.authorization.n > 0) {
        push_str(L, result.authorization);
        lua_setfield(L, -2, "authorization");
    }
    return 1;
}

/* Nothing of the credentials: this ends in logs. */
static int
signer_tostring(lua_State *L)
{
    struct los_signer **s = luaL_checkudata(L, 1, SIGNER);

    lua_pushfstring(L, "oss.signer%s", *s == NULL ? " (closed)" : "");
    return 1;
}

void
los_open_sign(lua_State *L)
{
    static const luaL_Reg readers[] = {
        {"sign", sign},
        {"presign", presign},
        {"stages", stages},
        {NULL, NULL},
    };
    static const luaL_Reg methods[] = {
        {"policy", policy},
        {"credential", credential},
        {NULL, NULL},
    };
    const luaL_Reg *reader;

    los_new_class(L, SIGNER, methods, signer_close);
    luaL_getmetatable(L, SIGNER);
    lua_getfield(L, -1, "__index");
    for (reader = readers; reader->name != NULL; reader++) {
        los_push_request_reader(L, reader->func);
        lua_setfield(L, -2, reader->name);
    }
    lua_pop(L, 1);
    lua_pushcfunction(L, signer_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pop(L, 1);
    lua_pushcfunction(L, new_signer);
    lua_setfield(L, -2, "signer");
}
