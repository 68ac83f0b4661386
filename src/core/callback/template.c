#include "core/callback/template.h"
#include "core/callback/callback.h"
#include "core/encode.h"
#include "core/err.h"

struct value_name {
    los_str name;
    enum los_value_kind kind;
};

#define NAME_ROW(name, kind) {{name, sizeof(name) - 1}, LOS_VALUE_##kind},
static const struct value_name names[] = {LOS_TEMPLATE_NAMES(NAME_ROW)};

los_str
los_value_name(size_t i)
{
    if (i >= sizeof(names) / sizeof(*names))
        return LOS_STR("");
    return names[i].name;
}

enum los_value_kind
los_value_kind(los_str name)
{
    size_t i;

    if (name.n > 2 && los_str_starts(name, LOS_STR("x:")))
        return LOS_VALUE_STRING;
    for (i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (los_str_equal(name, names[i].name))
            return names[i].kind;
    return LOS_VALUE_UNKNOWN;
}

los_str
los_var_bare(los_str name)
{
    if (!los_str_starts(name, LOS_STR("x:")))
        return name;
    return los_str_of(name.p + 2, name.n - 2);
}

static int
is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':'
           || c == '-' || (unsigned char)c >= 0x80;
}

/* Bytes of `${name}` or `$(name)` at s, 0 when there is none. */
static size_t
closed_name(los_str s, char close)
{
    size_t n = 2;

    while (n < s.n && is_name_byte(s.p[n]))
        n++;
    return n > 2 && n < s.n && s.p[n] == close ? n + 1 : 0;
}

/* Bytes of what begins at s when it is no constant text, else 0. */
static size_t
special_part(los_str s, struct los_part *part)
{
    size_t n;

    if (s.n < 2 || s.p[0] != '$' || (s.p[1] != '{' && s.p[1] != '('))
        return 0;
    n = closed_name(s, s.p[1] == '{' ? '}' : ')');
    if (n == 0 && s.p[1] == '(')
        return 0;
    part->type = n == 0          ? LOS_PART_BROKEN
                 : s.p[1] == '{' ? LOS_PART_NAME
                                 : LOS_PART_PARENTHESES;
    part->name = los_str_of(s.p + 2, n > 0 ? n - 3 : 0);
    part->text = los_str_of(s.p, n > 0 ? n : 2);
    return part->text.n;
}

int
los_template_next(los_str *rest, struct los_part *part)
{
    size_t n = special_part(*rest, part);

    if (rest->n == 0)
        return 0;
    if (n == 0) {
        struct los_part next;

        do
            n++;
        while (n < rest->n
               && !special_part(los_str_of(rest->p + n, rest->n - n), &next));
        part->type = LOS_PART_TEXT;
        part->name = LOS_STR("");
        part->text = los_str_of(rest->p, n);
    }
    *rest = los_str_of(rest->p + n, rest->n - n);
    return 1;
}

static los_str
value_of(los_str name, const struct los_callback_var *values, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (los_str_equal(values[i].name, name))
            return values[i].value;
    return LOS_STR("");
}

static int
add_value(struct los_buf *out, int json, enum los_value_kind kind,
          los_str value)
{
    if (kind == LOS_VALUE_UNKNOWN)
        return LOS_E_ARGUMENT;
    if (json && kind == LOS_VALUE_STRING)
        return los_add_json_string(out, value);
    if (json)
        los_buf_add_str(out, value);
    else
        los_add_percent(out, value, 0);
    return LOS_OK;
}

int
los_template_expand(los_str body, int json,
                    const struct los_callback_var *values, size_t count,
                    struct los_buf *out)
{
    size_t start = out->n;
    struct los_part part;
    int rc = LOS_OK;

    while (rc == LOS_OK && los_template_next(&body, &part)) {
        if (part.type == LOS_PART_TEXT)
            los_buf_add_str(out, part.text);
        else if (part.type == LOS_PART_NAME)
            rc = add_value(out, json, los_value_kind(part.name),
                           value_of(part.name, values, count));
        else
            rc = LOS_E_ARGUMENT;
    }
    if (rc == LOS_OK)
        rc = los_buf_error(out);
    if (rc != LOS_OK)
        los_buf_truncate(out, start);
    return rc;
}
