/***
Callbacks.
@submodule oss.core
*/
#include "binding/core.h"
#include "core/callback/callback.h"
#include "core/callback/template.h"
#include "core/callback/url.h"
#include "core/err.h"

/* Pushes t[name] of the table at index 1, which keeps strings alive. */
static int
push_field(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    lua_rawget(L, 1);
    return lua_type(L, -1);
}

static los_str
string_field(lua_State *L, const char *name)
{
    los_str s = {"", 0};
    int type = push_field(L, name);

    if (type != LUA_TNIL && type != LUA_TSTRING)
        luaL_error(L, "%s: string expected, got %s", name,
                   lua_typename(L, type));
    if (type == LUA_TSTRING)
        s.p = lua_tolstring(L, -1, &s.n);
    lua_pop(L, 1);
    return s;
}

static int
boolean_field(lua_State *L, const char *name)
{
    int type = push_field(L, name);
    int value = lua_toboolean(L, -1);

    if (type != LUA_TNIL && type != LUA_TBOOLEAN)
        luaL_error(L, "%s: boolean expected, got %s", name,
                   lua_typename(L, type));
    lua_pop(L, 1);
    return type == LUA_TNIL ? -1 : value;
}

/* The strings of a list field, in an array that stays on the stack. */
static los_str *
strings_field(lua_State *L, const char *name, size_t *count)
{
    los_str *list;
    size_t i;
    int type = push_field(L, name);

    if (type != LUA_TNIL && type != LUA_TTABLE)
        luaL_error(L, "%s: list expected, got %s", name,
                   lua_typename(L, type));
    *count = type == LUA_TNIL ? 0 : lua_rawlen(L, -1);
    list = lua_newuserdata(L, (*count + 1) * sizeof(*list));
    lua_insert(L, -2);
    for (i = 0; i < *count; i++) {
        lua_rawgeti(L, -1, (int)i + 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "%s[%d]: string expected", name, (int)i + 1);
        list[i].p = lua_tolstring(L, -1, &list[i].n);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return list;
}

/* The callback in the table at index 1, which must stay where it is. */
static void
to_callback(lua_State *L, struct los_callback *cb)
{
    struct los_callback_var *vars;
    los_str *flat;
    size_t n, i;

    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    cb->urls = strings_field(L, "urls", &cb->url_count);
    cb->host = string_field(L, "host");
    cb->body = string_field(L, "body");
    cb->body_type = string_field(L, "body_type");
    cb->policy = string_field(L, "policy");
    cb->sni = (enum los_callback_sni)(boolean_field(L, "sni") + 1);
    cb->open_vars = boolean_field(L, "open_vars") == 1;
    flat = strings_field(L, "vars", &n);
    cb->var_count = n / 2;
    vars = lua_newuserdata(L, (n / 2 + 1) * sizeof(*vars));
    for (i = 0; i < n / 2; i++) {
        vars[i].name = flat[2 * i];
        vars[i].value = flat[2 * i + 1];
    }
    cb->vars = vars;
}

static void
set_text(lua_State *L, const char *key, los_str text)
{
    lua_pushlstring(L, text.p, text.n);
    lua_setfield(L, -2, key);
}

typedef void writer(const struct los_callback_problem *, struct los_buf *);

static void
set_written(lua_State *L, const char *key, writer *write,
            const struct los_callback_problem *problem)
{
    struct los_buf *text = los_push_buf(L);

    write(problem, text);
    if (los_push_result(L, text, LOS_OK) != 1)
        lua_error(L);
    lua_setfield(L, -3, key);
    lua_pop(L, 1);
}

static void
push_problem(lua_State *L, const struct los_callback_problem *problem)
{
    const struct los_callback_rule_info *rule =
        los_callback_rule_info(problem->rule);

    lua_createtable(L, 0, 8);
    lua_pushstring(L, rule->field);
    lua_setfield(L, -2, "field");
    lua_pushstring(L, rule->name);
    lua_setfield(L, -2, "rule");
    lua_pushboolean(L, rule->warning);
    lua_setfield(L, -2, "warning");
    lua_pushstring(L, rule->text);
    lua_setfield(L, -2, "text");
    set_text(L, "piece", problem->piece);
    if (problem->nearest.n > 0) {
        lua_pushstring(L, problem->nearest_var ? "x:" : "");
        lua_pushlstring(L, problem->nearest.p, problem->nearest.n);
        lua_concat(L, 2);
        lua_setfield(L, -2, "nearest");
    }
    if (problem->index != LOS_NO_INDEX) {
        lua_pushinteger(L, (lua_Integer)problem->index + 1);
        lua_setfield(L, -2, "index");
    }
    set_written(L, "cure", los_callback_cure_write, problem);
    set_written(L, "message", los_callback_problem_write, problem);
}

/***
Applies every rule to a callback.

The callback is a table with `urls` (list), `host`, `body`, `body_type`
("form", "json" or a MIME type), `policy` (strings), `sni` (boolean), `vars`
(flat list: name, value, ...) and `open_vars` (true: form fields bring further
variables). Each problem has `field`, `rule`, `text`, `piece`, `cure`,
`warning` and `message` (one line of all that); some have `index` (of the URL)
and `nearest` (the placeholder that was probably meant).
@function callback_check
@tparam table callback
@treturn boolean whether there are no errors; warnings do not count
@treturn {table,...} the problems
*/
static int
callback_check(lua_State *L)
{
    struct los_callback_report report;
    struct los_callback cb;
    size_t i;
    int rc;

    to_callback(L, &cb);
    rc = los_callback_check(&cb, &report);
    if (rc == LOS_E_MEMORY)
        return luaL_error(L, "%s", los_error_text(rc));
    lua_pushboolean(L, rc == LOS_OK);
    lua_createtable(L, (int)report.count, 0);
    for (i = 0; i < report.count; i++) {
        push_problem(L, &report.list[i]);
        lua_rawseti(L, -2, (int)i + 1);
    }
    return 2;
}

/***
The values of `x-oss-callback` and `x-oss-callback-var`.
@function callback_encode
@tparam table callback as for `callback_check`
@treturn[1] string base64
@treturn[1] string|nil base64, nil without variables
@return[2] nil, message
*/
static int
callback_encode(lua_State *L)
{
    struct los_buf *callback, *vars;
    struct los_callback cb;
    int rc;

    to_callback(L, &cb);
    callback = los_push_buf(L);
    vars = los_push_buf(L);
    rc = los_callback_encode(&cb, callback, vars);
    if (rc != LOS_OK)
        return los_push_error(L, rc);
    los_push_result(L, callback, rc);
    if (cb.var_count == 0)
        return 1;
    los_push_result(L, vars, rc);
    return 2;
}

/***
What OSS makes of the body of a callback.
@function callback_expand
@tparam string body with placeholders
@tparam string body_type "form", "json" or a MIME type
@tparam table values strings by the names of the placeholders (`object`,
`imageInfo.width`, `x:uid`); what is not there is empty
@treturn[1] string
@return[2] nil, message
*/
static int
callback_expand(lua_State *L)
{
    los_str body = los_check_str(L, 1);
    int json = los_callback_is_json(los_check_str(L, 2));
    struct los_callback_var *values;
    struct los_buf *out;
    size_t n = 0;

    luaL_argcheck(L, json >= 0, 2, "form or json expected");
    luaL_checktype(L, 3, LUA_TTABLE);
    lua_settop(L, 3);
    for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1))
        n++;
    values = lua_newuserdata(L, (n + 1) * sizeof(*values));
    n = 0;
    for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
        luaL_argcheck(L,
                      lua_type(L, -2) == LUA_TSTRING
                          && lua_type(L, -1) == LUA_TSTRING,
                      3, "names and values must be strings");
        values[n].name = los_check_str(L, -2);
        values[n].value = los_check_str(L, -1);
        n++;
    }
    out = los_push_buf(L);
    return los_push_result(L, out,
                           los_template_expand(body, json, values, n, out));
}

/***
Takes the body of a callback apart.
@function callback_parts
@tparam string body
@treturn {table,...} each with `text` (as it reads) and, for a placeholder,
`name` and `kind` ("string", "number", "image_size" or "unknown")
*/
static int
callback_parts(lua_State *L)
{
    static const char *const kinds[] = {"unknown", "string", "number",
                                        "image_size"};
    los_str rest = los_check_str(L, 1);
    struct los_part part;
    int n = 0;

    lua_newtable(L);
    while (los_template_next(&rest, &part)) {
        lua_createtable(L, 0, 3);
        set_text(L, "text", part.text);
        if (part.type == LOS_PART_NAME) {
            set_text(L, "name", part.name);
            lua_pushstring(L, kinds[los_value_kind(part.name)]);
            lua_setfield(L, -2, "kind");
        }
        lua_rawseti(L, -2, ++n);
    }
    return 1;
}

/***
Takes a callback URL apart.
@function callback_url
@tparam string url
@treturn[1] table `scheme`, `host`, `port` (number), `target` (path and query,
at least "/"), `private` (a private address or a name without a dot)
@return[2] nil, message with the rule that it breaks
*/
static int
callback_url(lua_State *L)
{
    los_str text = los_check_str(L, 1);
    struct los_callback_problem problem;
    struct los_callback_url url;

    memset(&problem, 0, sizeof(problem));
    problem.index = LOS_NO_INDEX;
    problem.rule = los_callback_url_split(text, &url, &problem.piece);
    if (problem.rule != LOS_RULE_NONE) {
        struct los_buf *line = los_push_buf(L);

        lua_pushnil(L);
        los_callback_problem_write(&problem, line);
        return los_push_result(L, line, LOS_OK) == 1 ? 2 : lua_error(L);
    }
    lua_createtable(L, 0, 5);
    lua_pushstring(L, url.secure ? "https" : "http");
    lua_setfield(L, -2, "scheme");
    set_text(L, "host", url.host);
    lua_pushinteger(L, url.secure ? 443 : 80);
    if (url.port.n > 0) {
        lua_pop(L, 1);
        lua_pushlstring(L, url.port.p, url.port.n);
        lua_pushinteger(L, lua_tointeger(L, -1));
        lua_remove(L, -2);
    }
    lua_setfield(L, -2, "port");
    lua_pushstring(L, url.target.n > 0 && url.target.p[0] == '/' ? "" : "/");
    lua_pushlstring(L, url.target.p, url.target.n);
    lua_concat(L, 2);
    lua_setfield(L, -2, "target");
    lua_pushboolean(L, url.not_public);
    lua_setfield(L, -2, "private");
    return 1;
}

/***
The text whose signature proves on the receiving side that OSS sent a callback.
@function callback_string_to_verify
@tparam string target request target as it came, path and query
@tparam string body
@treturn[1] string
@return[2] nil, message
*/
static int
callback_string_to_verify(lua_State *L)
{
    los_str target = los_check_str(L, 1), body = los_check_str(L, 2);
    struct los_buf *out = los_push_buf(L);

    return los_push_result(L, out,
                           los_callback_string_to_verify(target, body, out));
}

void
los_open_callback(lua_State *L)
{
    static const luaL_Reg functions[] = {
        {"callback_check", callback_check},
        {"callback_encode", callback_encode},
        {"callback_expand", callback_expand},
        {"callback_parts", callback_parts},
        {"callback_url", callback_url},
        {"callback_string_to_verify", callback_string_to_verify},
        {NULL, NULL},
    };

    luaL_setfuncs(L, functions, 0);
}
