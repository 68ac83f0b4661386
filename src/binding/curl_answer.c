#include "binding/curl_answer.h"
#include "core/err.h"

void
los_push_int64(lua_State *L, long long value)
{
#if LUA_VERSION_NUM >= 503
    lua_pushinteger(L, (lua_Integer)value);
#else
    lua_pushnumber(L, (lua_Number)value);
#endif
}

static void
push_str(lua_State *L, los_str s)
{
    lua_pushlstring(L, s.p, s.n);
}

/* A name that comes twice has its values joined, as RFC 9110 says. */
static void
push_headers(lua_State *L, const struct los_answer *a)
{
    los_str name, value;
    size_t at = 0;

    lua_createtable(L, 0, 16); /* as many as OSS usually sends */
    while (los_answer_header(a, &at, &name, &value)) {
        push_str(L, name);
        lua_pushvalue(L, -1);
        lua_rawget(L, -3); /* headers, name, earlier */
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            push_str(L, value);
        } else {
            lua_pushliteral(L, ", ");
            push_str(L, value);
            lua_concat(L, 3);
        }
        lua_rawset(L, -3);
    }
}

/* As text: a double cannot hold it. */
static void
set_crc(lua_State *L, const char *name, uint64_t crc)
{
    char digits[20];
    size_t i = sizeof(digits);

    do {
        digits[--i] = (char)('0' + crc % 10);
        crc /= 10;
    } while (crc > 0);
    lua_pushlstring(L, digits + i, sizeof(digits) - i);
    lua_setfield(L, -2, name);
}

static void
set_count(lua_State *L, const char *name, int64_t n)
{
    los_push_int64(L, n);
    lua_setfield(L, -2, name);
}

static void
set_flag(lua_State *L, const char *name, int value)
{
    lua_pushboolean(L, value);
    lua_setfield(L, -2, name);
}

void
los_push_answer(lua_State *L, const struct los_answer *a)
{
    lua_createtable(L, 0, 13);
    set_count(L, "status", a->status);
    push_headers(L, a);
    lua_setfield(L, -2, "headers");
    push_str(L, los_buf_str(&a->body));
    lua_setfield(L, -2, "body");
    set_crc(L, "crc64", a->crc64);
    set_crc(L, "received_crc64", a->received_crc64);
    set_count(L, "sent", a->sent);
    set_count(L, "received", a->received);
    set_flag(L, "sent_all", a->sent_all);
    set_flag(L, "reused", a->reused);
    set_flag(L, "resent", a->resent);
    if (a->error == LOS_OK)
        return;
    lua_pushstring(L, los_error_name(a->error));
    lua_setfield(L, -2, "error");
    push_str(L, los_buf_str(&a->note));
    lua_setfield(L, -2, "message");
}
