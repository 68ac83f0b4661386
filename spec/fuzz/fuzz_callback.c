/* libFuzzer target: bodies of callbacks, their parser, expander and check.
 *
 * The first byte of the input chooses the body type, up to the next LF is a
 * URL, the rest is the body. What the check accepts must expand for every
 * object, and what looks like JSON must be JSON then. */
#include "core/callback/callback.h"
#include "core/callback/json.h"
#include "core/callback/template.h"
#include "core/err.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int truth)
{
    if (!truth)
        abort();
}

static void
parts_are_the_text(los_str body)
{
    const char *at = body.p;
    los_str rest = body;
    struct los_part part;

    while (los_template_next(&rest, &part)) {
        must(part.text.n > 0 && part.text.p == at);
        at += part.text.n;
    }
    must(at == body.p + body.n);
}

static int
begins_as_json(los_str body)
{
    size_t i = 0;

    while (i < body.n && body.p[i] != '\0' && strchr(" \t\r\n", body.p[i]))
        i++;
    return i < body.n && (body.p[i] == '{' || body.p[i] == '[');
}

/* For a picture, for another file, and for names made to do harm. */
static void
expands(los_str body, int json)
{
    static const struct los_callback_var values[3][4] = {
        {{{"size", 4}, {"114020", 6}},
         {{"imageInfo.width", 15}, {"810", 3}},
         {{"imageInfo.height", 16}, {"539", 3}},
         {{"object", 6}, {"a b.jpg", 7}}},
        {{{"size", 4}, {"0", 1}}},
        {{{"size", 4}, {"7", 1}},
         {{"object", 6}, {"\"\\,}]\n\0${size}\"", 15}},
         {{"mimeType", 8}, {"\"", 1}},
         {{"x:a", 3}, {"\\", 1}}},
    };
    struct los_buf out;
    size_t i, where;

    for (i = 0; i < 3; i++) {
        los_buf_init(&out, 1 << 24);
        must(los_template_expand(body, json, values[i], 4, &out) == LOS_OK);
        must(!json || !begins_as_json(body)
             || los_json_is_valid(los_buf_str(&out), &where));
        los_buf_free(&out);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct los_callback_var var = {{"a", 1}, {"1", 1}};
    struct los_callback_report report;
    struct los_callback cb;
    struct los_buf text, vars;
    const uint8_t *line_end;
    los_str url;
    size_t i;
    int code;

    line_end = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
    if (line_end == NULL)
        return 0;
    memset(&cb, 0, sizeof(cb));
    url = los_str_of((const char *)data + 1, (size_t)(line_end - data) - 1);
    cb.urls = &url;
    cb.url_count = 1;
    cb.body = los_str_of((const char *)line_end + 1,
                         (size_t)(data + size - line_end) - 1);
    cb.body_type = data[0] & 1 ? LOS_STR("json") : LOS_STR("form");
    cb.vars = &var;
    cb.var_count = 1;
    parts_are_the_text(cb.body);
    code = los_callback_check(&cb, &report);
    must((code == LOS_OK) == (report.errors == 0));

    los_buf_init(&text, 1 << 20);
    los_buf_init(&vars, 1 << 20);
    for (i = 0; i < report.count; i++)
        los_callback_problem_write(&report.list[i], &text);
    must(los_buf_error(&text) == LOS_OK);
    must(los_buf_str(&text).n == 0 || report.count > 0);
    los_buf_reset(&text);
    if (code == LOS_OK) {
        must(los_callback_encode(&cb, &text, &vars) == LOS_OK);
        must(text.n <= LOS_CALLBACK_MAX && vars.n <= LOS_CALLBACK_MAX);
        expands(cb.body, data[0] & 1);
    } else {
        los_template_expand(cb.body, data[0] & 1, &var, 1, &text);
    }
    los_buf_free(&text);
    los_buf_free(&vars);
    return 0;
}
