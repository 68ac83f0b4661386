/***
HTTP transfers on libcurl, driven by polling. Loads only libcurl.

No Lua function is ever called from here: what happens is asked for with
`event`, after `poll`.
@module oss.curl
*/
#include "binding/compat.h"
#include "binding/curl_answer.h"
#include "binding/curl_options.h"
#include "binding/curl_stat.h"
#include "core/err.h"
#include "curl/loop.h"

#include <curl/curl.h>
#include <limits.h>
#include <string.h>

#define LOOP "oss.curl.loop"

static int
push_failure(lua_State *L, int code)
{
    lua_pushnil(L);
    lua_pushstring(L, los_error_name(code));
    lua_pushstring(L, los_error_text(code));
    return 3;
}

static struct los_loop *
check_loop(lua_State *L)
{
    struct los_loop **loop = luaL_checkudata(L, 1, LOOP);

    if (*loop == NULL)
        luaL_error(L, "the loop is closed");
    return *loop;
}

static uint64_t
check_id(lua_State *L)
{
    lua_Number n = luaL_checknumber(L, 2);

    return n >= 1 && n < 9007199254740992.0 ? (uint64_t)n : 0;
}

/* ---- bodies in memory, kept alive by the value of the userdata */

static void
anchor(lua_State *L, uint64_t id)
{
    lua_getuservalue(L, 1);
    los_push_int64(L, (long long)id);
    lua_pushliteral(L, "body");
    lua_rawget(L, 2);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

/* Raises nothing, since no key is made. */
static void
release(lua_State *L, uint64_t id)
{
    lua_getuservalue(L, 1);
    los_push_int64(L, (long long)id);
    lua_rawget(L, -2);
    if (!lua_isnil(L, -1)) {
        los_push_int64(L, (long long)id);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 2);
}

static void
release_all(lua_State *L)
{
    lua_getuservalue(L, 1);
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pop(L, 1);
        lua_pushvalue(L, -1);
        lua_pushnil(L);
        lua_rawset(L, -4);
    }
    lua_pop(L, 1);
}

/* ---- making a loop */

/***
Makes a loop. Every option may be left out.
@function loop
@tparam table options `ca_file`, `ca_path`, `client_cert`, `client_key`,
`client_key_password` (PEM files); `tls_verify` (true); `tls_min` ("1.2");
`proxy` (URL; "" for none; left out: http_proxy, https_proxy, all_proxy and
no_proxy of the environment count), `proxy_username`, `proxy_password`,
`no_proxy`; `user_agent`; `connect_to` (list of "host:port:addr:port");
`max_active` (64), `max_idle` (as many)
@treturn[1] loop
@treturn[2] nil
@treturn[2] string why not
@treturn[2] string error code
*/
static int
open_loop(lua_State *L)
{
    struct los_loop_options options;
    struct los_loop **loop;
    int code;

    lua_settop(L, 1);
    if (lua_isnil(L, 1)) {
        lua_newtable(L);
        lua_replace(L, 1);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    los_read_loop_options(L, 1, &options);
    loop = lua_newuserdata(L, sizeof(*loop));
    *loop = NULL;
    lua_newtable(L);
    lua_setuservalue(L, -2);
    luaL_setmetatable(L, LOOP);
    code = los_loop_open(&options, loop);
    if (code == LOS_OK)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, los_error_text(code));
    lua_pushstring(L, los_error_name(code));
    return 3;
}

/***
@type loop
*/

/* ---- submit */

/***
Queues a transfer.
@function submit
@tparam table request `method`, `url`, `head` ("Name: value\r\n" for each);
one of `body` (string, not copied), `file` (path, with `offset` and
`length`), `feed` (true, with `length` when known), or none;
`answer_max` (1 MiB), `answer_file` (path for the body of a 2xx answer);
`connect_ms`, `total_ms`, `answer_ms`, `idle_ms`, `rate` (bytes per second);
`expect` (true: Expect: 100-continue), `quiet` (true: no progress events),
`resend` (true: may be sent again when a kept connection was dead)
@treturn[1] integer id
@treturn[2] nil
@treturn[2] string error code
@treturn[2] string text
*/
static int
submit(lua_State *L)
{
    struct los_loop *loop = check_loop(L);
    struct los_transfer_options options;
    uint64_t id = los_loop_next_id(loop);
    int code;

    luaL_checktype(L, 2, LUA_TTABLE);
    los_read_transfer_options(L, 2, &options);
    if (options.body_kind == LOS_BODY_MEMORY)
        anchor(L, id);
    code = los_loop_submit(loop, &options, &id);
    if (code != LOS_OK) {
        release(L, id);
        return push_failure(L, code);
    }
    los_push_int64(L, (long long)id);
    return 1;
}

/* ---- the rest */

/***
Moves what can be moved.
@function poll
@tparam[opt=0] number timeout_ms how long to sleep while there is no event
@treturn integer events that wait
*/
static int
poll(lua_State *L)
{
    struct los_loop *loop = check_loop(L);
    lua_Number ms = luaL_optnumber(L, 2, 0);

    if (!(ms > 0))
        ms = 0;
    else if (ms > INT_MAX)
        ms = INT_MAX;
    lua_pushinteger(L, los_loop_poll(loop, (int)ms));
    return 1;
}

static int
push_progress(lua_State *L, const struct los_event *e)
{
    lua_pushliteral(L, "progress");
    los_push_int64(L, (long long)e->id);
    los_push_int64(L, e->sent);
    los_push_int64(L, e->total);
    los_push_int64(L, e->received);
    return 5;
}

/***
Takes the oldest event.
@function event
@return nil, or "progress", id, sent, total (-1: not known), received; or
"need", id; or "done", id, answer: a table with `status`, `headers` (names in
lower case), `body`, `crc64` (of the body that was sent, decimal),
`received_crc64`, `sent`, `received`, `sent_all` (the whole request may have
reached the server), `reused` (an open connection), `resent`; and without a
complete answer `error` and `message`
*/
static int
event(lua_State *L)
{
    struct los_loop *loop = check_loop(L);
    struct los_event e;
    int results = 3;

    if (!los_loop_event(loop, &e))
        return 0;
    /* What raises comes before the event is taken away. */
    switch (e.kind) {
    case LOS_EVENT_PROGRESS: results = push_progress(L, &e); break;
    case LOS_EVENT_NEED:
        lua_pushliteral(L, "need");
        los_push_int64(L, (long long)e.id);
        results = 2;
        break;
    case LOS_EVENT_DONE:
        lua_pushliteral(L, "done");
        los_push_int64(L, (long long)e.id);
        los_push_answer(L, e.answer);
        release(L, e.id);
        break;
    }
    los_loop_shift(loop);
    return results;
}

/***
Copies the next chunk of a fed body; without a chunk, ends it.
@function feed
@tparam integer id
@tparam[opt] string chunk
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string error code
@treturn[2] string text
*/
static int
feed(lua_State *L)
{
    struct los_loop *loop = check_loop(L);
    uint64_t id = check_id(L);
    los_str chunk;
    int code;

    if (lua_isnoneornil(L, 3)) {
        code = los_loop_feed_end(loop, id);
    } else {
        chunk.p = luaL_checklstring(L, 3, &chunk.n);
        code = los_loop_feed(loop, id, chunk);
    }
    if (code != LOS_OK)
        return push_failure(L, code);
    lua_pushboolean(L, 1);
    return 1;
}

/***
Drops a transfer; it gives no further event.
@function cancel
@tparam integer id
@treturn boolean whether there was one
@treturn boolean whether the whole request may have reached the server
*/
static int
cancel(lua_State *L)
{
    struct los_loop **loop = luaL_checkudata(L, 1, LOOP);
    uint64_t id = check_id(L);
    int outcome = *loop != NULL ? los_loop_cancel(*loop, id) : 0;

    if (outcome > 0)
        release(L, id);
    lua_pushboolean(L, outcome > 0);
    lua_pushboolean(L, outcome > 1);
    return 2;
}

/***
@function active
@treturn integer transfers that have not ended
*/
static int
active(lua_State *L)
{
    struct los_loop **loop = luaL_checkudata(L, 1, LOOP);

    lua_pushinteger(L,
                    *loop != NULL ? (lua_Integer)los_loop_active(*loop) : 0);
    return 1;
}

/***
Drops everything. Also done when the loop is collected.
@function close
*/
static int
close_loop(lua_State *L)
{
    struct los_loop **loop = luaL_checkudata(L, 1, LOOP);

    if (*loop != NULL) {
        los_loop_close(*loop);
        *loop = NULL;
        release_all(L);
    }
    return 0;
}

/* ---- the module */

/***
@section module
*/

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

/***
@function now
@treturn number seconds of a clock that only goes forward
*/
static int
now(lua_State *L)
{
    lua_pushnumber(L, (lua_Number)los_loop_now() / 1000);
    return 1;
}

static const luaL_Reg methods[] = {
    {"submit", submit},    {"poll", poll},     {"event", event},
    {"feed", feed},        {"cancel", cancel}, {"active", active},
    {"close", close_loop}, {NULL, NULL},
};

static const luaL_Reg functions[] = {
    {"loop", open_loop},    {"features", features}, {"now", now},
    {"stat", los_lua_stat}, {NULL, NULL},
};

#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
int
luaopen_oss_curl(lua_State *L);

int
luaopen_oss_curl(lua_State *L)
{
    los_new_class(L, LOOP, methods, close_loop);
    lua_newtable(L);
    luaL_setfuncs(L, functions, 0);
    return 1;
}
