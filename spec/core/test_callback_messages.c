#include "tap.h"
#include "core/callback/callback.h"
#include "core/callback/template.h"

static struct los_callback_problem
problem(enum los_callback_rule rule, los_str piece)
{
    struct los_callback_problem p;

    memset(&p, 0, sizeof(p));
    p.rule = rule;
    p.index = LOS_NO_INDEX;
    p.piece = guarded_str(piece);
    return p;
}

static void
is_message(struct los_callback_problem p, const char *want, const char *name)
{
    struct los_buf line;

    los_buf_init(&line, 10000);
    los_callback_problem_write(&p, &line);
    is_str(los_buf_str(&line), want, "%s", name);
    los_buf_free(&line);
}

static void
test_messages(void)
{
    struct los_callback_problem p = problem(LOS_RULE_URL_PORT, LOS_STR("0"));

    is_message(p,
               "callback.url: a port is a number from 1 to 65535: '0'; "
               "correct it or leave it out [url.port]",
               "field, rule, piece, cure");
    p.index = 1;
    p.piece = LOS_STR("");
    is_message(p,
               "callback.url[2]: a port is a number from 1 to 65535; "
               "correct it or leave it out [url.port]",
               "with an index, without a piece");
    p = problem(LOS_RULE_BODY_UNKNOWN, LOS_STR("${sze}"));
    p.nearest = LOS_STR("size");
    is_message(p,
               "callback.body: OSS knows no such name: '${sze}'; did you "
               "mean ${size}? [body.unknown]",
               "a name instead of the cure");
    p.nearest_var = 1;
    is_message(p,
               "callback.body: OSS knows no such name: '${sze}'; did you "
               "mean ${x:size}? [body.unknown]",
               "a variable instead of the cure");
    is_message(problem(LOS_RULE_VARS_UNUSED, LOS_STR("x:uid")),
               "callback.vars: the variable is given but not used, so OSS "
               "does not send it: 'x:uid'; use it in the body as ${x:uid} "
               "[vars.unused]",
               "a variable in the cure");
    is_message(problem(LOS_RULE_BODY_PARENTHESES, LOS_STR("$(x:u)")),
               "callback.body: OSS refuses parentheses: '$(x:u)'; write "
               "${x:u}, with braces [body.parentheses]",
               "a placeholder in the cure");
    p = problem(LOS_RULE_NONE, LOS_STR("x"));
    is_message(p, "", "no rule, no message");
}

#define TEN    "0123456789"
#define TWENTY TEN TEN

static void
test_pieces(void)
{
    static const struct {
        los_str piece;
        const char *shown, *name;
    } cases[] = {
        {{"a\r\n\0b\x7f", 6}, "a\\x0d\\x0a\\x00b\\x7f", "control characters"},
        {{"\xe4\xb8\xad", 3}, "\xe4\xb8\xad", "UTF-8"},
        {{"\xe4\xb8\xad\xff", 4}, "\\xe4\\xb8\\xad\\xff", "broken UTF-8"},
        {{TWENTY TWENTY TWENTY "x", 61}, TWENTY TWENTY TWENTY "...", "long"},
        {{TWENTY TWENTY TWENTY, 60}, TWENTY TWENTY TWENTY, "not too long"},
        {{TWENTY TWENTY TEN TEN "\xe4\xb8\xad", 63},
         TWENTY TWENTY TWENTY "...",
         "cut in front of a character"},
        {{TWENTY TWENTY TEN "012345678\xe4\xb8\xad", 62},
         TWENTY TWENTY TEN "012345678...",
         "not cut inside of a character"},
    };
    char want[200];
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        snprintf(want, sizeof(want),
                 "callback.vars: a variable has no name: '%s'; name it "
                 "[vars.empty]",
                 cases[i].shown);
        is_message(problem(LOS_RULE_VARS_EMPTY, cases[i].piece), want,
                   cases[i].name);
    }
}

static void
test_nearest(void)
{
    static const struct {
        const char *name, *nearest;
        int var;
    } cases[] = {
        {"mimetype", "mimeType", 0},
        {"mime_type", "mimeType", 0},
        {"imageinfo.widht", "imageInfo.width", 0},
        {"obejct", "object", 0},
        {"x:object", "object", 0},
        {"uid", "uid", 1},
        {"x:UID", "uid", 1},
        {"x:orderid", "order_id", 1},
        {"orderId", "order_id", 1},
        {"key", "object", 0},
        {"FileName", "object", 0},
        {"Content-Type", "mimeType", 0},
        {"width", "imageInfo.width", 0},
        {"something", "", 0},
        {"x:", "", 0},
        {"id", "uid", 1},
        {"q", "", 0},
        {"a_name_that_is_much_longer_than_any_that_could_be_meant", "", 0},
    };
    static const struct los_callback_var vars[] = {
        {{"uid", 3}, {"", 0}},
        {{"x:order_id", 10}, {"", 0}},
        {{"another_name_that_is_longer_than_any_that_is_compared", 53},
         {"", 0}},
        {{"", 0}, {"", 0}},
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        los_str name = guarded_str(str(cases[i].name));
        int var = -1;

        is_str(los_template_nearest(name, vars, 4, &var), cases[i].nearest,
               "nearest to %s", cases[i].name);
        is_int(var, cases[i].var, "nearest to %s: what", cases[i].name);
    }
}

int
main(void)
{
    test_messages();
    test_pieces();
    test_nearest();
    return done();
}
