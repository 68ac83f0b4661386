#include "core/callback/json.h"

struct reader {
    const char *p; /* next byte */
    const char *end;
    int depth;
};

static int value(struct reader *r);

static void
skip_space(struct reader *r)
{
    while (
        r->p < r->end
        && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

/* Takes one byte if it is the wanted one. */
static int
take(struct reader *r, char wanted)
{
    if (r->p == r->end || *r->p != wanted)
        return 0;
    r->p++;
    return 1;
}

static int
digits(struct reader *r)
{
    const char *start = r->p;

    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    return r->p > start;
}

static int
number(struct reader *r)
{
    take(r, '-');
    if (!take(r, '0') && !digits(r))
        return 0;
    if (take(r, '.') && !digits(r))
        return 0;
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+'))
            take(r, '-');
        return digits(r);
    }
    return 1;
}

static int
escape(struct reader *r)
{
    int i;

    if (r->p == r->end || *r->p == '\0'
        || strchr("\"\\/bfnrtu", *r->p) == NULL)
        return 0;
    if (*r->p++ != 'u')
        return 1;
    for (i = 0; i < 4; i++) {
        if (r->p == r->end || *r->p == '\0'
            || strchr("0123456789abcdefABCDEF", *r->p) == NULL)
            return 0;
        r->p++;
    }
    return 1;
}

static int
string(struct reader *r)
{
    if (!take(r, '"'))
        return 0;
    while (r->p < r->end && *r->p != '"') {
        if ((unsigned char)*r->p < 0x20)
            return 0;
        if (take(r, '\\')) {
            if (!escape(r))
                return 0;
        } else {
            r->p++;
        }
    }
    return take(r, '"');
}

static int
word(struct reader *r, los_str wanted)
{
    size_t i;

    for (i = 0; i < wanted.n; i++)
        if (!take(r, wanted.p[i]))
            return 0;
    return 1;
}

static int
member(struct reader *r)
{
    skip_space(r);
    if (!string(r))
        return 0;
    skip_space(r);
    return take(r, ':') && value(r);
}

/* What stands between brackets: members or values. */
static int
list(struct reader *r, char close)
{
    int (*item)(struct reader *) = close == '}' ? member : value;

    skip_space(r);
    if (take(r, close))
        return 1;
    do {
        if (!item(r))
            return 0;
        skip_space(r);
    } while (take(r, ','));
    return take(r, close);
}

static int
value(struct reader *r)
{
    int ok;

    skip_space(r);
    if (r->p == r->end || r->depth == LOS_JSON_DEPTH)
        return 0;
    r->depth++;
    switch (*r->p) {
    case '{': ok = take(r, '{') && list(r, '}'); break;
    case '[': ok = take(r, '[') && list(r, ']'); break;
    case '"': ok = string(r); break;
    case 't': ok = word(r, LOS_STR("true")); break;
    case 'f': ok = word(r, LOS_STR("false")); break;
    case 'n': ok = word(r, LOS_STR("null")); break;
    default: ok = number(r);
    }
    r->depth--;
    return ok;
}

int
los_json_is_valid(los_str text, size_t *where)
{
    struct reader r;
    int ok;

    r.p = text.p;
    r.end = text.p + text.n;
    r.depth = 0;
    ok = value(&r);
    if (ok)
        skip_space(&r);
    *where = (size_t)(r.p - text.p);
    return ok && r.p == r.end;
}
