#include "core/callback/report.h"
#include "core/callback/template.h"
#include "core/callback/url.h"
#include "core/encode.h"
#include "core/err.h"

#define URLS_MAX 5

/* More cannot fit, since each takes `"x:":"",` at least. */
#define VARS_MAX (LOS_CALLBACK_MAX / 8)

struct los_callback_problem *
los_callback_report_add(struct los_callback_report *report,
                        enum los_callback_rule rule, los_str piece)
{
    const struct los_callback_rule_info *info = los_callback_rule_info(rule);
    struct los_callback_problem *problem;
    size_t i = report->count;

    if (i == LOS_CALLBACK_PROBLEMS) {
        if (info->warning || report->errors == LOS_CALLBACK_PROBLEMS)
            return NULL;
        for (i = 0; !los_callback_rule_info(report->list[i].rule)->warning;)
            i++;
        memmove(report->list + i, report->list + i + 1,
                (LOS_CALLBACK_PROBLEMS - 1 - i) * sizeof(*report->list));
        i = LOS_CALLBACK_PROBLEMS - 1;
    } else {
        report->count++;
    }
    report->errors += !info->warning;
    problem = &report->list[i];
    problem->rule = rule;
    problem->index = LOS_NO_INDEX;
    problem->piece = piece;
    problem->nearest = LOS_STR("");
    problem->nearest_var = 0;
    return problem;
}

static void
add_at(struct los_callback_report *report, enum los_callback_rule rule,
       los_str piece, const struct los_callback *cb, size_t index)
{
    struct los_callback_problem *problem =
        los_callback_report_add(report, rule, piece);

    if (problem != NULL && cb->url_count > 1)
        problem->index = index;
}

static int
has_placeholder(los_str text)
{
    struct los_part part;

    while (los_template_next(&text, &part))
        if (part.type == LOS_PART_NAME)
            return 1;
    return 0;
}

/* The URLs, and SNI, which depends on them. */
static void
check_urls(const struct los_callback *cb, struct los_callback_report *report)
{
    int https = 0, named_https = 0;
    size_t i;

    if (cb->url_count == 0)
        los_callback_report_add(report, LOS_RULE_URL_MISSING, LOS_STR(""));
    if (cb->url_count > URLS_MAX)
        los_callback_report_add(report, LOS_RULE_URL_COUNT, LOS_STR(""));
    for (i = 0; i < cb->url_count && i < URLS_MAX; i++) {
        struct los_callback_url url;
        enum los_callback_rule rule;
        los_str piece;

        rule = los_callback_url_split(cb->urls[i], &url, &piece);
        if (cb->urls[i].n == 0)
            rule = LOS_RULE_URL_MISSING;
        https |= url.secure;
        named_https |= url.secure && !url.literal;
        if (rule != LOS_RULE_NONE) {
            add_at(report, rule, piece, cb, i);
            continue;
        }
        if (url.not_public)
            add_at(report, LOS_RULE_URL_PRIVATE, url.host, cb, i);
        if (has_placeholder(url.target))
            add_at(report, LOS_RULE_URL_PLACEHOLDER, url.target, cb, i);
    }
    if (cb->sni == LOS_SNI_UNSET && named_https)
        los_callback_report_add(report, LOS_RULE_SNI_HTTPS, LOS_STR(""));
    if (cb->sni == LOS_SNI_ON && !https && cb->url_count > 0)
        los_callback_report_add(report, LOS_RULE_SNI_HTTP, LOS_STR(""));
}

/* A bare name of a variable: LOS_RULE_NONE or the rule that it breaks. */
static enum los_callback_rule
name_rule(los_str name)
{
    enum los_callback_rule rule = LOS_RULE_NONE;
    size_t i;

    if (name.n == 0)
        return LOS_RULE_VARS_EMPTY;
    if (los_str_starts(name, LOS_STR("x:")))
        return LOS_RULE_VARS_PREFIX;
    for (i = 0; i < name.n; i++) {
        char c = name.p[i];

        if (c >= 'A' && c <= 'Z')
            rule = LOS_RULE_VARS_CASE;
        else if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_'
                 && (unsigned char)c < 0x80)
            return LOS_RULE_VARS_NAME;
    }
    return los_is_utf8(name) ? rule : LOS_RULE_VARS_NAME;
}

static int
is_used(los_str body, los_str bare_name)
{
    struct los_part part;

    while (los_template_next(&body, &part))
        if (part.type == LOS_PART_NAME
            && los_str_starts(part.name, LOS_STR("x:"))
            && los_str_equal(los_var_bare(part.name), bare_name))
            return 1;
    return 0;
}

/* Each variable against the body and against those in front of it. */
static void
check_vars(const struct los_callback *cb, struct los_callback_report *report)
{
    size_t i, k;

    for (i = 0; i < cb->var_count; i++) {
        los_str name = los_var_bare(cb->vars[i].name);
        enum los_callback_rule rule = name_rule(name);

        for (k = 0; k < i && rule == LOS_RULE_NONE; k++)
            if (los_str_equal(name, los_var_bare(cb->vars[k].name)))
                rule = LOS_RULE_VARS_TWICE;
        if (rule == LOS_RULE_NONE && !is_used(cb->body, name))
            rule = LOS_RULE_VARS_UNUSED;
        if (rule != LOS_RULE_NONE)
            los_callback_report_add(report, rule, cb->vars[i].name);
    }
}

/* What cannot be written as JSON has been reported elsewhere. */
static int
check_sizes(const struct los_callback *cb, struct los_callback_report *report)
{
    enum los_callback_rule rule = LOS_RULE_SIZE;
    struct los_callback alone = *cb;
    struct los_buf callback, vars;
    int rc;

    los_buf_init(&callback, LOS_CALLBACK_MAX);
    los_buf_init(&vars, LOS_CALLBACK_MAX);
    alone.var_count = 0;
    rc = los_callback_encode(&alone, &callback, &vars);
    los_buf_free(&callback);
    if (rc == LOS_OK) {
        rule = LOS_RULE_VARS_SIZE;
        rc = los_callback_encode(cb, &callback, &vars);
    }
    los_buf_free(&callback);
    los_buf_free(&vars);
    if (rc == LOS_E_LIMIT)
        los_callback_report_add(report, rule, LOS_STR(""));
    return rc;
}

static void
check_policy(const struct los_callback *cb, struct los_callback_report *report)
{
    size_t i;
    int broken = !los_is_utf8(cb->policy);

    for (i = 0; i < cb->policy.n; i++)
        broken |= (unsigned char)cb->policy.p[i] < 0x20;
    if (broken)
        los_callback_report_add(report, LOS_RULE_POLICY_NAME, cb->policy);
    if (cb->url_count > 0 || cb->host.n > 0 || cb->body.n > 0
        || cb->body_type.n > 0 || cb->sni != LOS_SNI_UNSET
        || cb->var_count > 0)
        los_callback_report_add(report, LOS_RULE_POLICY_ALONE, cb->policy);
}

static void
check_fields(const struct los_callback *cb, struct los_callback_report *report)
{
    size_t i;

    check_urls(cb, report);
    if (cb->host.n > 0 && !los_callback_is_host(cb->host))
        los_callback_report_add(report, LOS_RULE_HOST_SYNTAX, cb->host);
    if (cb->body.n == 0)
        los_callback_report_add(report, LOS_RULE_BODY_MISSING, LOS_STR(""));
    if (!los_is_utf8(cb->body))
        los_callback_report_add(report, LOS_RULE_BODY_UTF8, LOS_STR(""));
    if (los_callback_is_json(cb->body_type) < 0)
        los_callback_report_add(report, LOS_RULE_BODY_TYPE, cb->body_type);
    for (i = 0; i < cb->var_count; i++)
        if (!los_is_utf8(cb->vars[i].value))
            los_callback_report_add(report, LOS_RULE_VARS_UTF8,
                                    cb->vars[i].name);
}

int
los_callback_check(const struct los_callback *cb,
                   struct los_callback_report *report)
{
    int rc;

    report->count = 0;
    report->errors = 0;
    if (cb->policy.n > 0)
        check_policy(cb, report);
    else
        check_fields(cb, report);
    rc = check_sizes(cb, report);
    if (rc != LOS_E_MEMORY && cb->policy.n == 0
        && cb->body.n <= LOS_CALLBACK_MAX && cb->var_count <= VARS_MAX) {
        rc = LOS_OK;
        if (los_is_utf8(cb->body))
            rc = los_callback_check_body(cb, report);
        check_vars(cb, report);
    }
    if (rc == LOS_E_MEMORY)
        return rc;
    return report->errors > 0 ? LOS_E_ARGUMENT : LOS_OK;
}
