#include "binding/curl_options.h"
#include "binding/block.h"

#include <float.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

enum kind {
    TEXT,    /* const char *, without NUL */
    STR,     /* los_str */
    BODY,    /* los_str; a string or a block */
    INT,     /* int, not negative */
    SECONDS, /* int, milliseconds */
    SIZE,    /* size_t */
    INT64,   /* int64_t, not negative */
    FLAG     /* int */
};

/* An option and where in the struct it goes. */
struct field {
    const char *name;
    enum kind kind;
    size_t offset;
};

/* What a double holds exactly. */
#define NUMBER_MAX 9007199254740992.0

/* Without metamethods; returns the type. */
static int
push_field(lua_State *L, int index, const char *name)
{
    lua_pushstring(L, name);
    lua_rawget(L, index);
    return lua_type(L, -1);
}

/* The value is on top. */
static int
field_error(lua_State *L, const char *name, const char *what)
{
    return luaL_error(L, "option '%s' must be %s, got %s", name, what,
                      luaL_typename(L, -1));
}

static los_str
to_str(lua_State *L, const char *name)
{
    los_str s;

    /* A number would become a string that nothing keeps alive. */
    if (lua_type(L, -1) != LUA_TSTRING)
        field_error(L, name, "a string");
    s.p = lua_tolstring(L, -1, &s.n);
    return s;
}

static los_str
to_body(lua_State *L, const char *name)
{
    const struct los_block *b = luaL_testudata(L, -1, LOS_BLOCK);

    if (b == NULL)
        return to_str(L, name);
    if (b->p == NULL)
        field_error(L, name, "a block that was not freed");
    return los_str_of(b->p, b->n);
}

static double
to_number(lua_State *L, const char *name, double max)
{
    double n = lua_tonumber(L, -1);

    if (lua_type(L, -1) != LUA_TNUMBER || !(n >= 0 && n <= max))
        field_error(L, name, "a number that is not negative");
    return n;
}

static int
round_up(double n)
{
    int whole;

    if (!(n > 0))
        return 0;
    if (n >= INT_MAX)
        return INT_MAX;
    whole = (int)n;
    return whole < n ? whole + 1 : whole;
}

int
los_milliseconds(double seconds)
{
    return round_up(seconds * 1000);
}

static void
read_field(lua_State *L, const struct field *f, void *at)
{
    los_str s;

    switch (f->kind) {
    case TEXT:
        s = to_str(L, f->name);
        if (strlen(s.p) != s.n)
            field_error(L, f->name, "a string without NUL");
        *(const char **)at = s.p;
        break;
    case STR: *(los_str *)at = to_str(L, f->name); break;
    case BODY: *(los_str *)at = to_body(L, f->name); break;
    case INT: *(int *)at = round_up(to_number(L, f->name, DBL_MAX)); break;
    case SECONDS:
        *(int *)at = los_milliseconds(to_number(L, f->name, DBL_MAX));
        break;
    case SIZE:
        *(size_t *)at = (size_t)to_number(
            L, f->name, sizeof(size_t) < 8 ? (double)SIZE_MAX : NUMBER_MAX);
        break;
    case INT64:
        *(int64_t *)at = (int64_t)to_number(L, f->name, NUMBER_MAX);
        break;
    case FLAG: *(int *)at = lua_toboolean(L, -1); break;
    }
}

static void
push_names(lua_State *L, const struct field *fields, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        lua_pushstring(L, fields[i].name);
}

/* Fills in what the table has; the strings belong to the table. The names are
 * the function's upvalues: Lua looks up no text. */
static void
read_fields(lua_State *L, int index, const struct field *fields, size_t count,
            void *into)
{
    size_t i;

    for (i = 0; i < count; i++) {
        lua_pushvalue(L, lua_upvalueindex((int)i + 1));
        lua_rawget(L, index);
        if (!lua_isnil(L, -1))
            read_field(L, &fields[i], (char *)into + fields[i].offset);
        lua_pop(L, 1);
    }
}

/* ---- the options of a loop */

#define LOOP(field) offsetof(struct los_loop_options, field)

static const struct field loop_fields[] = {
    {"ca_file", TEXT, LOOP(ca_file)},
    {"ca_path", TEXT, LOOP(ca_path)},
    {"client_cert", TEXT, LOOP(client_cert)},
    {"client_key", TEXT, LOOP(client_key)},
    {"client_key_password", TEXT, LOOP(client_key_password)},
    {"proxy", TEXT, LOOP(proxy)},
    {"proxy_username", TEXT, LOOP(proxy_username)},
    {"proxy_password", TEXT, LOOP(proxy_password)},
    {"no_proxy", TEXT, LOOP(no_proxy)},
    {"user_agent", TEXT, LOOP(user_agent)},
    {"max_active", INT, LOOP(max_active)},
    {"max_idle", INT, LOOP(max_idle)},
    {"thread", FLAG, LOOP(thread)},
};

#define LOOP_FIELDS (sizeof(loop_fields) / sizeof(*loop_fields))

int
los_push_loop_names(lua_State *L)
{
    push_names(L, loop_fields, LOOP_FIELDS);
    return (int)LOOP_FIELDS;
}

/* The array is left on the stack, which keeps it until the loop is made. */
static void
read_connect_to(lua_State *L, int index, struct los_loop_options *o)
{
    const char **list;
    size_t i, n;
    int type = push_field(L, index, "connect_to");

    if (type == LUA_TNIL)
        return;
    if (type != LUA_TTABLE)
        field_error(L, "connect_to", "a list of strings");
    n = lua_rawlen(L, -1);
    list = lua_newuserdata(L, (n + 1) * sizeof(*list));
    for (i = 0; i < n; i++) {
        lua_rawgeti(L, -2, (int)(i + 1));
        if (lua_type(L, -1) != LUA_TSTRING)
            field_error(L, "connect_to", "a list of strings");
        list[i] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    list[n] = NULL;
    o->connect_to = list;
}

static void
read_tls(lua_State *L, int index, struct los_loop_options *o)
{
    const char *min;

    if (push_field(L, index, "tls_verify") != LUA_TNIL)
        o->tls_no_verify = !lua_toboolean(L, -1);
    if (push_field(L, index, "tls_min") != LUA_TNIL) {
        min = lua_tostring(L, -1);
        if (min == NULL
            || (strcmp(min, "1.2") != 0 && strcmp(min, "1.3") != 0))
            luaL_error(L, "option 'tls_min' must be \"1.2\" or \"1.3\"");
        o->tls_min = min[2] == '3' ? LOS_TLS_1_3 : LOS_TLS_1_2;
    }
    lua_pop(L, 2);
}

void
los_read_loop_options(lua_State *L, int index, struct los_loop_options *o)
{
    memset(o, 0, sizeof(*o));
    read_fields(L, index, loop_fields, LOOP_FIELDS, o);
    read_tls(L, index, o);
    read_connect_to(L, index, o);
}

/* ---- the options of a transfer */

#define TRANSFER(field) offsetof(struct los_transfer_options, field)

static const struct field transfer_fields[] = {
    {"method", STR, TRANSFER(method)},
    {"url", STR, TRANSFER(url)},
    {"head", STR, TRANSFER(head)},
    {"body", BODY, TRANSFER(body)},
    {"file", STR, TRANSFER(body_file)},
    {"offset", INT64, TRANSFER(body_offset)},
    {"length", INT64, TRANSFER(body_length)},
    {"answer_max", SIZE, TRANSFER(answer_max)},
    {"answer_file", STR, TRANSFER(answer_file)},
    {"connect_timeout", SECONDS, TRANSFER(connect_ms)},
    {"timeout", SECONDS, TRANSFER(total_ms)},
    {"answer_timeout", SECONDS, TRANSFER(answer_ms)},
    {"idle_timeout", SECONDS, TRANSFER(idle_ms)},
    {"rate", INT64, TRANSFER(rate)},
    {"expect", FLAG, TRANSFER(expect)},
    {"quiet", FLAG, TRANSFER(quiet)},
    {"resend", FLAG, TRANSFER(resend)},
};

#define TRANSFER_FIELDS (sizeof(transfer_fields) / sizeof(*transfer_fields))

int
los_push_transfer_names(lua_State *L)
{
    push_names(L, transfer_fields, TRANSFER_FIELDS);
    return (int)TRANSFER_FIELDS;
}

/* What offset and length leave of a body in memory. */
static void
cut_body(lua_State *L, struct los_transfer_options *o)
{
    int64_t left = (int64_t)o->body.n - o->body_offset;

    if (left < 0 || o->body_length > left)
        luaL_error(L, "'offset' and 'length' go beyond the body");
    o->body_kind = LOS_BODY_MEMORY;
    o->body.p += o->body_offset;
    o->body.n = (size_t)(o->body_length >= 0 ? o->body_length : left);
}

static void
read_body_kind(lua_State *L, int index, struct los_transfer_options *o)
{
    int feed;

    push_field(L, index, "feed");
    feed = lua_toboolean(L, -1);
    lua_pop(L, 1);
    if ((o->body.p != NULL) + (o->body_file.p != NULL) + feed > 1)
        luaL_error(L, "only one of 'body', 'file' and 'feed' may be given");
    if (o->body.p != NULL)
        cut_body(L, o);
    else if (o->body_file.p != NULL)
        o->body_kind = LOS_BODY_FILE;
    else if (feed)
        o->body_kind = LOS_BODY_FED;
}

void
los_read_transfer_options(lua_State *L, int index,
                          struct los_transfer_options *o)
{
    memset(o, 0, sizeof(*o));
    o->body_length = -1;
    read_fields(L, index, transfer_fields, TRANSFER_FIELDS, o);
    read_body_kind(L, index, o);
}
