/***
Requests.
@submodule oss.core
*/
#include "binding/core.h"
#include "core/err.h"

enum field { METHOD, SCHEME, HOST, BUCKET, KEY, PATH_STYLE, QUERY, HEADERS };

static const char *const names[] = {
    "method", "scheme",     "host",  "bucket",
    "key",    "path_style", "query", "headers",
};

void
los_push_request_reader(lua_State *L, lua_CFunction f)
{
    size_t i, n = sizeof(names) / sizeof(*names);

    for (i = 0; i < n; i++)
        lua_pushstring(L, names[i]);
    lua_pushcclosure(L, f, (int)n);
}

/* Leaves the field of the table at `table` on the stack. */
static void
push_field(lua_State *L, int table, enum field field)
{
    lua_pushvalue(L, lua_upvalueindex((int)field + 1));
    lua_gettable(L, table);
}

static void
get_string(lua_State *L, int table, enum field field, int needed, los_str *out)
{
    push_field(L, table, field);
    *out = los_str_of(NULL, 0);
    if (lua_isnil(L, -1) && !needed)
        return;
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_argerror(L, table,
                      lua_pushfstring(L, "%s: string expected, got %s",
                                      names[field], luaL_typename(L, -1)));
    out->p = lua_tolstring(L, -1, &out->n);
}

/* Reads the flat list of names and values at `index`, which belongs to the
 * field `name` of argument `table`. Runs no Lua code, so that no string can
 * be collected while C holds its address. */
static size_t
get_pairs(lua_State *L, int table, const char *name, int index,
          struct los_pair *pairs)
{
    size_t n, i;

    if (lua_isnil(L, index))
        return 0;
    if (!lua_istable(L, index))
        luaL_argerror(L, table,
                      lua_pushfstring(L, "%s: table expected, got %s", name,
                                      luaL_typename(L, index)));
    n = lua_rawlen(L, index);
    if (n % 2 != 0 || n / 2 > LOS_PAIRS_MAX)
        luaL_argerror(L, table,
                      lua_pushfstring(L,
                                      "%s: list of at most %d names and "
                                      "values in turn expected",
                                      name, LOS_PAIRS_MAX));
    for (i = 0; i < n; i++) {
        los_str *to = i % 2 == 0 ? &pairs[i / 2].name : &pairs[i / 2].value;

        lua_rawgeti(L, index, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_argerror(L, table,
                          lua_pushfstring(L, "%s[%d]: string expected, got %s",
                                          name, (int)i + 1,
                                          luaL_typename(L, -1)));
        to->p = lua_tolstring(L, -1, &to->n);
        lua_pop(L, 1); /* the list keeps it */
    }
    return n / 2;
}

void
los_check_request(lua_State *L, int index, struct los_request_box *box)
{
    struct los_request *r = &box->request;

    luaL_checktype(L, index, LUA_TTABLE);
    luaL_checkstack(L, 20, "request");
    get_string(L, index, METHOD, 1, &r->method);
    get_string(L, index, SCHEME, 1, &r->scheme);
    get_string(L, index, HOST, 1, &r->host);
    get_string(L, index, BUCKET, 0, &r->bucket);
    get_string(L, index, KEY, 0, &r->key);
    push_field(L, index, PATH_STYLE);
    r->path_style = lua_toboolean(L, -1);
    push_field(L, index, QUERY);
    push_field(L, index, HEADERS);
    r->query = box->query;
    r->query_count =
        get_pairs(L, index, "query", lua_gettop(L) - 1, box->query);
    r->headers = box->headers;
    r->header_count =
        get_pairs(L, index, "headers", lua_gettop(L), box->headers);
}

int
los_push_fault(lua_State *L, int code, const struct los_fault *fault)
{
    if (fault->field == NULL)
        return los_push_error(L, code);
    lua_pushnil(L);
    lua_pushstring(L, fault->field);
    if (fault->name.n > 0)
        lua_pushliteral(L, " ");
    else
        lua_pushliteral(L, "");
    lua_pushlstring(L, fault->name.p, fault->name.n);
    lua_pushfstring(L, ": %s", fault->rule);
    lua_concat(L, 4);
    return 2;
}

/***
The wire form of a request without a signature.

A request is a table of `method`, `scheme` ("http" or "https"), `host` (with
`:port` if need be), `bucket`, `key` (raw), `path_style` (the URL's path is
/bucket/key), and the flat lists `query` and `headers`: name, value, name,
value and so on, raw. What may not be sent (CR, LF, NUL; names that are not
tokens; bad names of buckets) comes back as nil and a message that names the
field.
@function render
@tparam table request
@treturn[1] string URL
@treturn[1] string head: `Name: value` lines, each with CR LF, without Host
@return[2] nil, message
*/
static int
render(lua_State *L)
{
    struct los_request_box box;
    struct los_fault fault;
    struct los_buf *url, *head;
    int code;

    los_check_request(L, 1, &box);
    url = los_push_buf(L);
    head = los_push_buf(L);
    code = los_request_render(&box.request, url, head, &fault);
    if (code != LOS_OK)
        return los_push_fault(L, code, &fault);
    los_push_result(L, url, LOS_OK);
    los_push_result(L, head, LOS_OK);
    return 2;
}

/***
Whether a request can be sent.
@function check
@tparam table request see @{render}
@treturn[1] boolean true
@return[2] nil, message
*/
static int
check(lua_State *L)
{
    struct los_request_box box;
    struct los_fault fault;
    int code;

    los_check_request(L, 1, &box);
    code = los_request_check(&box.request, &fault);
    if (code != LOS_OK)
        return los_push_fault(L, code, &fault);
    lua_pushboolean(L, 1);
    return 1;
}

void
los_open_request(lua_State *L)
{
    los_push_request_reader(L, check);
    lua_setfield(L, -2, "check");
    los_push_request_reader(L, render);
    lua_setfield(L, -2, "render");
}
