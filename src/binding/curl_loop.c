/***
Loops.
@submodule oss.curl
*/
#include "binding/curl_loop.h"
#include "binding/curl_answer.h"
#include "binding/curl_bodies.h"
#include "binding/curl_options.h"
#include "binding/curl_system.h"
#include "core/err.h"
#include "curl/engine.h"

#define LOOP "oss.curl.loop"

static int
push_failure(lua_State *L, int code)
{
    lua_pushnil(L);
    lua_pushstring(L, los_error_name(code));
    lua_pushstring(L, los_error_text(code));
    return 3;
}

static struct los_engine *
check_loop(lua_State *L)
{
    struct los_engine **loop = luaL_checkudata(L, 1, LOOP);

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

/* A thread may need the body of a cancelled transfer a moment longer. */
static void
release_cancelled(lua_State *L, struct los_engine *loop)
{
    uint64_t id;

    while (los_engine_released(loop, &id))
        los_drop_body(L, id);
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
`max_active` (64), `max_idle` (as many); `thread` (true: everything but
handing over happens on a thread of its own)
@treturn[1] loop
@treturn[2] nil
@treturn[2] string why not
@treturn[2] string error code
*/
static int
new_loop(lua_State *L)
{
    struct los_loop_options options;
    struct los_engine **loop;
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
    code = los_engine_open(&options, loop);
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
one of `body` (string, or a block of oss.core; not copied) or `file` (path),
both with `offset` and `length` when a part of it is meant; or `feed` (true,
with `length` when known), or none;
`answer_max` (1 MiB), `answer_file` (path for the body of a 2xx answer);
`connect_timeout`, `timeout`, `answer_timeout`, `idle_timeout` (seconds);
`rate` (bytes per second);
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
    struct los_engine *loop = check_loop(L);
    struct los_transfer_options options;
    uint64_t id = los_engine_next_id(loop);
    int code;

    luaL_checktype(L, 2, LUA_TTABLE);
    los_read_transfer_options(L, 2, &options);
    if (options.body_kind == LOS_BODY_MEMORY)
        los_keep_body(L, id);
    code = los_engine_submit(loop, &options, &id);
    if (code != LOS_OK) {
        los_drop_body(L, id);
        return push_failure(L, code);
    }
    los_push_int64(L, (long long)id);
    return 1;
}

/* ---- the rest */

/***
Moves what can be moved.
@function poll
@tparam[opt=0] number timeout seconds to sleep at the most while there is no
 event
@treturn[1] integer events that wait
@treturn[2] nil
@treturn[2] string error code: "ForkedProcess"
@treturn[2] string text
*/
static int
poll(lua_State *L)
{
    struct los_engine *loop = check_loop(L);
    int ms = los_milliseconds(luaL_optnumber(L, 2, 0));
    int waiting = los_engine_poll(loop, ms);

    release_cancelled(L, loop);
    if (waiting < 0)
        return push_failure(L, waiting);
    lua_pushinteger(L, waiting);
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
    struct los_engine *loop = check_loop(L);
    struct los_event e;
    int results = 3;

    if (!los_engine_event(loop, &e))
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
        los_drop_body(L, e.id);
        break;
    }
    los_engine_shift(loop);
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
    struct los_engine *loop = check_loop(L);
    uint64_t id = check_id(L);
    los_str chunk;
    int code;

    if (lua_isnoneornil(L, 3)) {
        code = los_engine_feed_end(loop, id);
    } else {
        chunk.p = luaL_checklstring(L, 3, &chunk.n);
        code = los_engine_feed(loop, id, chunk);
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
    struct los_engine **loop = luaL_checkudata(L, 1, LOOP);
    uint64_t id = check_id(L);
    int outcome = *loop != NULL ? los_engine_cancel(*loop, id) : 0;

    if (outcome > 0)
        release_cancelled(L, *loop);
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
    struct los_engine **loop = luaL_checkudata(L, 1, LOOP);

    lua_pushinteger(L,
                    *loop != NULL ? (lua_Integer)los_engine_active(*loop) : 0);
    return 1;
}

/***
@function fd
@treturn[1] integer a descriptor that is readable while events wait, to watch
and never to read from
@treturn[2] nil
@treturn[2] string why there is none: the loop has no thread
*/
static int
fd(lua_State *L)
{
    int number = los_engine_fd(check_loop(L));

    if (number >= 0) {
        lua_pushinteger(L, number);
        return 1;
    }
    lua_pushnil(L);
    lua_pushliteral(L, "a loop without a thread has no descriptor to watch");
    return 2;
}

/***
Makes the descriptor readable after a while, so that `poll` is called again;
the next `poll` ends that. Does nothing without a thread.
@function alarm
@tparam number timeout seconds at the most
*/
static int
set_alarm(lua_State *L)
{
    struct los_engine *loop = check_loop(L);

    los_engine_alarm(loop, los_milliseconds(luaL_checknumber(L, 2)));
    return 0;
}

/***
@function usable
@treturn boolean false when it is closed, or another process forked this one
*/
static int
usable(lua_State *L)
{
    struct los_engine **loop = luaL_checkudata(L, 1, LOOP);

    lua_pushboolean(L, *loop != NULL && los_engine_is_own(*loop));
    return 1;
}

/***
Drops everything. Also done when the loop is collected.
@function close
*/
static int
close_loop(lua_State *L)
{
    struct los_engine **loop = luaL_checkudata(L, 1, LOOP);

    if (*loop != NULL) {
        los_engine_close(*loop);
        *loop = NULL;
        los_drop_bodies(L);
    }
    return 0;
}

/***
The module's @{now} and @{stat}, for those who have only a loop; called
without it.
@field now
@field stat
*/

static const luaL_Reg methods[] = {
    {"poll", poll},       {"event", event},       {"feed", feed},
    {"cancel", cancel},   {"active", active},     {"close", close_loop},
    {"fd", fd},           {"alarm", set_alarm},   {"usable", usable},
    {"now", los_lua_now}, {"stat", los_lua_stat}, {NULL, NULL},
};

void
los_open_loop(lua_State *L)
{
    los_new_class(L, LOOP, methods, close_loop);
    luaL_getmetatable(L, LOOP);
    lua_getfield(L, -1, "__index");
    lua_pushcclosure(L, submit, los_push_transfer_names(L));
    lua_setfield(L, -2, "submit");
    lua_pop(L, 2);
    lua_pushcclosure(L, new_loop, los_push_loop_names(L));
    lua_setfield(L, -2, "loop");
}
