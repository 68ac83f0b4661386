#include "core/callback/json.h"
#include "core/callback/report.h"
#include "core/callback/template.h"
#include "core/err.h"

#define CONTEXT 24 /* bytes of the body shown around a mistake */

/* Where in JSON text we are: inside quotes, behind a backslash. One that is
 * outside of quotes makes the text no JSON: its quotes are escaped once too
 * often, and from there on nobody knows what is inside. */
struct quotes {
    int inside;
    int escaped;
    int lost;
};

static void
follow_quotes(struct quotes *q, los_str text)
{
    size_t i;

    for (i = 0; i < text.n; i++) {
        if (q->escaped)
            q->escaped = 0;
        else if (text.p[i] == '\\' && !q->inside)
            q->lost = 1;
        else if (text.p[i] == '\\')
            q->escaped = 1;
        else if (text.p[i] == '"')
            q->inside = !q->inside;
    }
}

/* Some of the body from p on, not cut in the middle of a character. */
static los_str
context(los_str body, const char *p)
{
    size_t n = (size_t)(body.p + body.n - p);

    if (n > CONTEXT)
        for (n = CONTEXT; n > 0 && ((unsigned char)p[n] & 0xc0) == 0x80;)
            n--;
    return los_str_of(p, n);
}

static int
is_given(const struct los_callback *cb, los_str bare_name)
{
    size_t i;

    for (i = 0; i < cb->var_count; i++)
        if (los_str_equal(los_var_bare(cb->vars[i].name), bare_name))
            return 1;
    return 0;
}

/* The rule that a placeholder breaks; q is NULL in a form and where nobody
 * knows what is inside of quotes. */
static enum los_callback_rule
placeholder_rule(const struct los_callback *cb, los_str name,
                 const struct quotes *q)
{
    enum los_value_kind kind = los_value_kind(name);

    if (kind == LOS_VALUE_UNKNOWN)
        return LOS_RULE_BODY_UNKNOWN;
    if (los_str_starts(name, LOS_STR("x:")) && !cb->open_vars
        && !is_given(cb, los_var_bare(name)))
        return LOS_RULE_BODY_VARIABLE;
    if (q != NULL && q->inside && kind == LOS_VALUE_STRING)
        return LOS_RULE_BODY_QUOTED;
    if (q != NULL && !q->inside && kind == LOS_VALUE_IMAGE_SIZE)
        return LOS_RULE_BODY_IMAGE_SIZE;
    return LOS_RULE_NONE;
}

static void
check_part(const struct los_callback *cb, struct los_callback_report *report,
           const struct los_part *part, const struct quotes *q)
{
    struct los_callback_problem *problem;
    enum los_callback_rule rule;
    los_str piece = part->text;

    switch (part->type) {
    case LOS_PART_NAME: rule = placeholder_rule(cb, part->name, q); break;
    case LOS_PART_PARENTHESES: rule = LOS_RULE_BODY_PARENTHESES; break;
    case LOS_PART_BROKEN:
        rule = LOS_RULE_BODY_PLACEHOLDER;
        piece = context(cb->body, part->text.p);
        break;
    default: return;
    }
    if (rule == LOS_RULE_NONE)
        return;
    problem = los_callback_report_add(report, rule, piece);
    if (problem != NULL
        && (rule == LOS_RULE_BODY_UNKNOWN || rule == LOS_RULE_BODY_VARIABLE))
        problem->nearest = los_template_nearest(
            part->name, cb->vars, cb->var_count, &problem->nearest_var);
}

/* What stands for a placeholder while the structure is tried. No number fits
 * in fewer places than 0; image sizes are tried with and without an image. */
static los_str
sample_of(const struct los_part *part, int image)
{
    enum los_value_kind kind = los_value_kind(part->name);

    if (part->type != LOS_PART_NAME)
        return part->text;
    if (kind == LOS_VALUE_STRING)
        return LOS_STR("\"x\"");
    return kind == LOS_VALUE_NUMBER || image ? LOS_STR("0") : LOS_STR("");
}

/* The piece of the body that is at an offset of the filled-in sample; its
 * last bytes when something is missing behind them. */
static los_str
piece_at(los_str body, size_t offset, int image)
{
    los_str rest = body;
    struct los_part part;
    size_t at = 0, skip;

    while (los_template_next(&rest, &part)) {
        size_t n = sample_of(&part, image).n;

        if (offset < at + n) {
            skip = part.type == LOS_PART_TEXT ? offset - at : 0;
            return context(body, part.text.p + skip);
        }
        at += n;
    }
    skip = body.n > CONTEXT ? body.n - CONTEXT : 0;
    while (skip < body.n && ((unsigned char)body.p[skip] & 0xc0) == 0x80)
        skip++;
    return los_str_of(body.p + skip, body.n - skip);
}

static int
begins_as_json(los_str body)
{
    size_t i = 0;

    while (i < body.n && strchr(" \t\r\n", body.p[i]) != NULL
           && body.p[i] != '\0')
        i++;
    return i < body.n && (body.p[i] == '{' || body.p[i] == '[');
}

/* Fills the body with samples. fault is what keeps it from being JSON, empty
 * when nothing does. */
static int
find_fault(los_str body, int image, los_str *fault)
{
    struct los_buf sample;
    struct los_part part;
    los_str rest = body;
    size_t where;
    int rc;

    los_buf_init(&sample, body.n); /* samples are shorter than their names */
    while (los_template_next(&rest, &part))
        los_buf_add_str(&sample, sample_of(&part, image));
    rc = los_buf_error(&sample);
    *fault = LOS_STR("");
    if (rc == LOS_OK && !los_json_is_valid(los_buf_str(&sample), &where))
        *fault = piece_at(body, where, image);
    los_buf_free(&sample);
    return rc;
}

static int
check_json(los_str body, struct los_callback_report *report)
{
    los_str fault;
    int rc = find_fault(body, 1, &fault);

    if (rc == LOS_OK && fault.n == 0)
        rc = find_fault(body, 0, &fault);
    if (rc == LOS_OK && fault.n > 0)
        los_callback_report_add(report,
                                begins_as_json(body) ? LOS_RULE_BODY_JSON
                                                     : LOS_RULE_BODY_NOT_JSON,
                                fault);
    return rc;
}

/* A helper of another library has encoded the placeholders away. */
static void
check_encoded(los_str body, struct los_callback_report *report)
{
    size_t i;

    for (i = 0; i + 6 <= body.n; i++)
        if (memcmp(body.p + i, "%24%7", 5) == 0
            && (body.p[i + 5] == 'B' || body.p[i + 5] == 'b')) {
            los_callback_report_add(report, LOS_RULE_BODY_ENCODED,
                                    context(body, body.p + i));
            return;
        }
}

int
los_callback_check_body(const struct los_callback *cb,
                        struct los_callback_report *report)
{
    int type = los_callback_is_json(cb->body_type);
    int json = type == 1 && begins_as_json(cb->body);
    struct quotes quotes = {0, 0, 0};
    size_t errors = report->errors;
    los_str rest = cb->body;
    struct los_part part;

    while (los_template_next(&rest, &part)) {
        check_part(cb, report, &part, json && !quotes.lost ? &quotes : NULL);
        if (part.type == LOS_PART_TEXT)
            follow_quotes(&quotes, part.text);
    }
    check_encoded(cb->body, report);
    if (type == 0 && begins_as_json(cb->body))
        los_callback_report_add(report, LOS_RULE_BODY_FORM, LOS_STR(""));
    if (type != 1 || cb->body.n == 0 || report->errors > errors)
        return LOS_OK;
    return check_json(cb->body, report);
}
