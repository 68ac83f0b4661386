#include "core/callback/callback.h"
#include "core/encode.h"
#include "core/err.h"

#define FORM_TYPE "application/x-www-form-urlencoded"
#define JSON_TYPE "application/json"

/* JSON that still fits into LOS_CALLBACK_MAX bytes of base64. */
#define JSON_MAX (LOS_CALLBACK_MAX / 4 * 3)

int
los_callback_is_json(los_str body_type)
{
    if (body_type.n == 0 || los_str_equal(body_type, LOS_STR("form"))
        || los_str_equal(body_type, LOS_STR(FORM_TYPE)))
        return 0;
    if (los_str_equal(body_type, LOS_STR("json"))
        || los_str_equal(body_type, LOS_STR(JSON_TYPE)))
        return 1;
    return -1;
}

/* Ends an append: nothing of it is kept after a failure. */
static int
finish(struct los_buf *out, size_t start, int rc)
{
    if (rc == LOS_OK)
        rc = los_buf_error(out);
    if (rc != LOS_OK)
        los_buf_truncate(out, start);
    return rc;
}

/* `"key":`, behind a comma unless it is the first. */
static void
add_key(struct los_buf *out, size_t start, los_str key)
{
    los_buf_add_char(out, out->n == start ? '{' : ',');
    los_buf_add_char(out, '"');
    los_buf_add_str(out, key);
    los_buf_add_str(out, LOS_STR("\":"));
}

/* URLs joined by `;`, as one JSON string. */
static int
add_urls(struct los_buf *out, const struct los_callback *cb)
{
    struct los_buf joined;
    size_t i;
    int rc;

    los_buf_init(&joined, out->max);
    for (i = 0; i < cb->url_count; i++) {
        if (i > 0)
            los_buf_add_char(&joined, ';');
        los_buf_add_str(&joined, cb->urls[i]);
    }
    rc = los_buf_error(&joined);
    if (rc == LOS_OK)
        rc = los_add_json_string(out, los_buf_str(&joined));
    los_buf_free(&joined);
    return rc;
}

static int
add_string(struct los_buf *out, size_t start, los_str key, los_str text)
{
    if (text.n == 0)
        return LOS_OK;
    add_key(out, start, key);
    return los_add_json_string(out, text);
}

/* The order of the keys is the one of ali-oss. */
int
los_callback_json(const struct los_callback *cb, struct los_buf *out)
{
    int json = los_callback_is_json(cb->body_type), rc = LOS_OK;
    los_str type = json ? LOS_STR(JSON_TYPE) : LOS_STR(FORM_TYPE);
    size_t start = out->n;

    if (json < 0)
        return LOS_E_ARGUMENT;
    if (cb->body_type.n == 0)
        type = LOS_STR("");
    if (cb->url_count > 0) {
        add_key(out, start, LOS_STR("callbackUrl"));
        rc = add_urls(out, cb);
    }
    if (rc == LOS_OK)
        rc = add_string(out, start, LOS_STR("callbackBody"), cb->body);
    if (rc == LOS_OK)
        rc = add_string(out, start, LOS_STR("callbackHost"), cb->host);
    if (rc == LOS_OK)
        rc = add_string(out, start, LOS_STR("callbackBodyType"), type);
    if (rc == LOS_OK)
        rc = add_string(out, start, LOS_STR("callbackPolicy"), cb->policy);
    if (cb->sni != LOS_SNI_UNSET) {
        add_key(out, start, LOS_STR("callbackSNI"));
        los_buf_add_str(out, cb->sni == LOS_SNI_ON ? LOS_STR("true")
                                                   : LOS_STR("false"));
    }
    if (out->n == start)
        los_buf_add_char(out, '{');
    los_buf_add_char(out, '}');
    return finish(out, start, rc);
}

/* The name as a JSON string, `x:` in front. */
static int
add_var_name(struct los_buf *out, los_str name)
{
    struct los_buf full;
    int rc;

    los_buf_init(&full, out->max);
    los_buf_add_str(&full, LOS_STR("x:"));
    los_buf_add_str(&full, los_var_bare(name));
    rc = los_buf_error(&full);
    if (rc == LOS_OK)
        rc = los_add_json_string(out, los_buf_str(&full));
    los_buf_free(&full);
    return rc;
}

int
los_callback_vars_json(const struct los_callback *cb, struct los_buf *out)
{
    size_t start = out->n, i;
    int rc = LOS_OK;

    los_buf_add_char(out, '{');
    for (i = 0; i < cb->var_count && rc == LOS_OK; i++) {
        if (i > 0)
            los_buf_add_char(out, ',');
        rc = add_var_name(out, cb->vars[i].name);
        los_buf_add_char(out, ':');
        if (rc == LOS_OK)
            rc = los_add_json_string(out, cb->vars[i].value);
    }
    los_buf_add_char(out, '}');
    return finish(out, start, rc);
}

typedef int writer(const struct los_callback *, struct los_buf *);

static int
add_encoded(struct los_buf *out, const struct los_callback *cb, writer *write)
{
    struct los_buf json;
    size_t start = out->n;
    int rc;

    los_buf_init(&json, JSON_MAX);
    rc = write(cb, &json);
    if (rc == LOS_OK)
        los_add_base64(out, los_buf_str(&json));
    los_buf_free(&json);
    return finish(out, start, rc);
}

int
los_callback_encode(const struct los_callback *cb, struct los_buf *callback,
                    struct los_buf *vars)
{
    size_t start = callback->n;
    int rc = add_encoded(callback, cb, los_callback_json);

    if (rc == LOS_OK && cb->var_count > 0)
        rc = add_encoded(vars, cb, los_callback_vars_json);
    if (rc != LOS_OK)
        los_buf_truncate(callback, start);
    return rc;
}
