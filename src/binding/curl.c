/***
HTTP transfers on libcurl, driven by polling. Loads only libcurl.

No Lua function is ever called from here: what happens is asked for with
`event`, after `poll`.
@module oss.curl
*/
#include "binding/compat.h"
#include "binding/curl_loop.h"
#include "binding/curl_system.h"
#include "curl/loop.h"

#include <curl/curl.h>

/***
What this libcurl can do.
@function features
@treturn table `version`, `ssl` (the TLS library), `async_dns` (boolean:
whether looking up names does not block)
*/
static int
features(lua_State *L)
{
    const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

    lua_createtable(L, 0, 3);
    lua_pushstring(L, v->version);
    lua_setfield(L, -2, "version");
    lua_pushstring(L, v->ssl_version);
    lua_setfield(L, -2, "ssl");
    lua_pushboolean(L, (v->features & CURL_VERSION_ASYNCHDNS) != 0);
    lua_setfield(L, -2, "async_dns");
    return 1;
}

static const luaL_Reg functions[] = {
    {"features", features},
    {"now", los_lua_now},
    {"stat", los_lua_stat},
    {NULL, NULL},
};

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int
luaopen_oss_curl(lua_State *L);

int
luaopen_oss_curl(lua_State *L)
{
    lua_newtable(L);
    luaL_setfuncs(L, functions, 0);
    los_open_loop(L);
    return 1;
}
