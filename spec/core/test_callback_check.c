#include "tap.h"
#include "core/callback/callback.h"

static int seen[LOS_RULE_COUNT];

static struct los_callback
plain(void)
{
    static const los_str url = {"http://a.com/", 13};
    struct los_callback cb;

    memset(&cb, 0, sizeof(cb));
    cb.urls = &url;
    cb.url_count = 1;
    cb.body = LOS_STR("a");
    return cb;
}

/* The callback has one problem, of this rule, about this piece. */
static void
expect(const struct los_callback *cb, enum los_callback_rule rule,
       const char *piece)
{
    const struct los_callback_rule_info *info = los_callback_rule_info(rule);
    struct los_callback_report report;
    int code = los_callback_check(cb, &report);

    seen[rule] = 1;
    is_int(code, info->warning ? LOS_OK : LOS_E_ARGUMENT, "%s", info->name);
    is_int(report.count, 1, "%s: one problem", info->name);
    is_int(report.list[0].rule, rule, "%s: this one", info->name);
    is_str(report.list[0].piece, piece, "%s: its piece", info->name);
}

static void
expect_none(const struct los_callback *cb, const char *name)
{
    struct los_callback_report report;

    is_int(los_callback_check(cb, &report), LOS_OK, "%s: passes", name);
    is_int(report.count, 0, "%s: without warnings", name);
}

static void
test_urls(void)
{
    static const struct {
        enum los_callback_rule rule;
        const char *url, *piece, *neighbour;
    } cases[] = {
        {LOS_RULE_URL_MISSING, "", "", "http://a.com"},
        {LOS_RULE_URL_SEMICOLON, "http://a.com/x;y=1", ";y=1",
         "http://a.com/x%3By=1"},
        {LOS_RULE_URL_SCHEME, "a.com/x", "a.com", "HTTP://a.com/x"},
        {LOS_RULE_URL_SCHEME, "http:/a.com", "http", "http://a.com"},
        {LOS_RULE_URL_SCHEME, "http", "http", "http://a.com"},
        {LOS_RULE_URL_USER, "http://u:p@a.com/", "@a.com", "http://a.com/@"},
        {LOS_RULE_URL_HOST, "http://", "http://", "http://a.b"},
        {LOS_RULE_URL_HOST, "http://a.b.-c/", "a.b.-c", "http://a.b.c-c/"},
        {LOS_RULE_URL_HOST, "http://1.2.3.4.5/", "1.2.3.4.5",
         "http://1.2.3.4/"},
        {LOS_RULE_URL_HOST, "http://a.b\200c/", "a.b\200c", "http://a.bc/"},
        {LOS_RULE_URL_IPV6, "http://[::1]:80/", "[::1]:80", "http://8.8.8.8/"},
        {LOS_RULE_URL_PORT, "http://a.com:65536", "65536",
         "http://a.com:65535"},
        {LOS_RULE_URL_PORT, "http://a.com:000080", "000080",
         "http://a.com:00080"},
        {LOS_RULE_URL_PORT, "http://a.com:", "a.com:", "http://a.com"},
        {LOS_RULE_URL_FRAGMENT, "http://a.com?x#", "#", "http://a.com?x"},
        {LOS_RULE_URL_CHARACTER, "http://a.com/\xe4\xb8\xad/x", "\xe4\xb8\xad",
         "http://a.com/%E4%B8%AD/x"},
        {LOS_RULE_URL_CHARACTER, "http://a.com/x ", " ", "http://a.com/x"},
        {LOS_RULE_URL_ESCAPE, "http://a.com/%4", "%4", "http://a.com/%4a"},
        {LOS_RULE_URL_ESCAPE, "http://a.com/%", "%", "http://a.com/%25"},
        {LOS_RULE_URL_ESCAPE, "http://a.com/%g0", "%g0", "http://a.com/%F0"},
        {LOS_RULE_URL_PLACEHOLDER, "http://a.com/${object}", "/${object}",
         "http://a.com/$object"},
        {LOS_RULE_URL_PRIVATE, "http://172.31.255.255/", "172.31.255.255",
         "http://172.32.0.0/"},
        {LOS_RULE_URL_PRIVATE, "http://localhost:80/", "localhost",
         "http://localhost.cn:80/"},
    };
    struct los_callback cb = plain();
    los_str url;
    size_t i;

    cb.urls = &url;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        url = guarded_str(str(cases[i].url));
        expect(&cb, cases[i].rule, cases[i].piece);
        url = guarded_str(str(cases[i].neighbour));
        expect_none(&cb, cases[i].neighbour);
    }
    cb.url_count = 0;
    expect(&cb, LOS_RULE_URL_MISSING, "");
}

static void
test_url_list(void)
{
    los_str urls[6];
    struct los_callback cb = plain();
    struct los_callback_report report;
    size_t i;

    for (i = 0; i < 6; i++)
        urls[i] = LOS_STR("http://a.com/");
    cb.urls = urls;
    cb.url_count = 6;
    expect(&cb, LOS_RULE_URL_COUNT, "");
    cb.url_count = 5;
    expect_none(&cb, "five URLs");
    urls[3] = LOS_STR("http://a.com:x/");
    expect(&cb, LOS_RULE_URL_PORT, "x");
    los_callback_check(&cb, &report);
    is_int(report.list[0].index, 3, "the index of the URL");
    cb.urls = urls + 3;
    cb.url_count = 1;
    los_callback_check(&cb, &report);
    ok(report.list[0].index == LOS_NO_INDEX, "no index in a list of one");
}

static void
test_long_hosts(void)
{
    char url[300] = "http://";
    struct los_callback cb = plain();
    los_str one;
    size_t i;

    for (i = 0; i < 254; i++)
        url[7 + i] = i % 64 == 63 ? '.' : 'a';
    cb.urls = &one;
    one = los_str_of(url, 7 + 253);
    expect_none(&cb, "a host of 253 bytes");
    one.n++;
    expect(&cb, LOS_RULE_URL_HOST, url + 7);
    url[7 + 63] = 'a';
    url[7 + 64] = '.';
    one = los_str_of(url, 7 + 66);
    url[7 + 66] = '\0';
    expect(&cb, LOS_RULE_URL_HOST, url + 7);
}

static void
test_bodies(void)
{
    static const struct {
        enum los_callback_rule rule;
        const char *type, *body, *piece, *neighbour;
    } cases[] = {
        {LOS_RULE_BODY_MISSING, "", "", "", "x"},
        {LOS_RULE_BODY_UTF8, "", "\xc0\x80", "", "\xc2\x80"},
        {LOS_RULE_BODY_PARENTHESES, "", "a=$(x:a)", "$(x:a)", "a=$(a b)"},
        {LOS_RULE_BODY_PLACEHOLDER, "", "a=${", "${", "a=$"},
        {LOS_RULE_BODY_PLACEHOLDER, "", "${object", "${object", "object}"},
        {LOS_RULE_BODY_PLACEHOLDER, "", "${a b} and so on, say \xe4\xb8\xad",
         "${a b} and so on, say ", "${object}"},
        {LOS_RULE_BODY_UNKNOWN, "", "${Object}", "${Object}", "${object}"},
        {LOS_RULE_BODY_VARIABLE, "", "${x:v}", "${x:v}", "x:v"},
        {LOS_RULE_BODY_QUOTED, "json", "{\"a\":\"\\\"${etag}\"}", "${etag}",
         "{\"a\":\"\\\"\",\"b\":${etag}}"},
        {LOS_RULE_BODY_IMAGE_SIZE, "json", "[${imageInfo.width}]",
         "${imageInfo.width}", "[\"${imageInfo.width}\"]"},
        {LOS_RULE_BODY_JSON, "json", "[${size},]", "]", "[${size},1]"},
        {LOS_RULE_BODY_JSON, "json", "[${size}", "[${size}", "[${size}]"},
        {LOS_RULE_BODY_JSON, "json", "[${size}${object}]", "${object}]",
         "[${size},${object}]"},
        {LOS_RULE_BODY_JSON, "json", "{\"a\":\"\\q\"}", "q\"}",
         "{\"a\":\"\\t\"}"},
        {LOS_RULE_BODY_JSON, "json", "[${size}1]", "1]", "[1${size}]"},
        {LOS_RULE_BODY_JSON, "json", "[\"\\u000${imageInfo.width}\"]", "\"]",
         "[\"\\u000${size}\"]"},
        {LOS_RULE_BODY_NOT_JSON, "json", "a sentence", "a sentence", "{}"},
        {LOS_RULE_BODY_FORM, "form", "[${size}]", "", "a=[${size}]"},
        {LOS_RULE_BODY_ENCODED, "form", "a=%24%7bsize%7d&b=1",
         "%24%7bsize%7d&b=1", "a=%24%7"},
        {LOS_RULE_BODY_TYPE, "text/json", "a", "text/json", "a"},
    };
    struct los_callback cb = plain();
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        cb.body_type = guarded_str(str(cases[i].type));
        cb.body = guarded_str(str(cases[i].body));
        expect(&cb, cases[i].rule, cases[i].piece);
        cb.body = guarded_str(str(cases[i].neighbour));
        if (cases[i].rule == LOS_RULE_BODY_TYPE)
            cb.body_type = LOS_STR("form");
        expect_none(&cb, cases[i].neighbour);
    }
}

static void
test_vars(void)
{
    static const struct {
        enum los_callback_rule rule;
        const char *name, *value, *body;
    } cases[] = {
        {LOS_RULE_VARS_EMPTY, "", "1", "a"},
        {LOS_RULE_VARS_EMPTY, "x:", "1", "a"},
        {LOS_RULE_VARS_PREFIX, "x:x:a", "1", "a"},
        {LOS_RULE_VARS_CASE, "aB", "1", "a"},
        {LOS_RULE_VARS_NAME, "a.b", "1", "a"},
        {LOS_RULE_VARS_NAME, "A-b", "1", "a"},
        {LOS_RULE_VARS_NAME, "a\xff", "1", "a"},
        {LOS_RULE_VARS_UTF8, "b", "\xff", "${x:b}"},
        {LOS_RULE_VARS_UNUSED, "x:b", "1", "${x:bb}${x:a}"},
    };
    struct los_callback_var vars[3];
    struct los_callback cb = plain();
    size_t i;

    vars[1].name = LOS_STR("a");
    vars[1].value = LOS_STR("");
    vars[2].name = LOS_STR("x:bb");
    vars[2].value = LOS_STR("\0\n\"");
    cb.vars = vars;
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        vars[0].name = guarded_str(str(cases[i].name));
        vars[0].value = guarded_str(str(cases[i].value));
        cb.body = guarded_str(str(cases[i].body));
        cb.var_count = cases[i].rule == LOS_RULE_VARS_UNUSED ? 3 : 1;
        expect(&cb, cases[i].rule, cases[i].name);
    }
    vars[0].name = LOS_STR("a_1\xe4\xb8\xad");
    vars[0].value = LOS_STR("1");
    cb.body = LOS_STR("${x:a_1\xe4\xb8\xad}${x:a}${x:bb}");
    expect_none(&cb, "three variables");
    vars[2] = vars[1];
    vars[2].name = LOS_STR("x:a");
    cb.body = LOS_STR("${x:a_1\xe4\xb8\xad}${x:a}");
    expect(&cb, LOS_RULE_VARS_TWICE, "x:a");
    cb.var_count = 0;
    cb.open_vars = 1;
    expect_none(&cb, "open variables");
}

static void
test_other_fields(void)
{
    struct los_callback cb = plain();
    los_str urls[2] = {{"https://a.com/", 14}, {"http://b.com/", 13}};

    cb.host = LOS_STR("a.com/");
    expect(&cb, LOS_RULE_HOST_SYNTAX, "a.com/");
    cb.host = LOS_STR("a.com:80");
    expect_none(&cb, "host with a port");
    cb.sni = LOS_SNI_ON;
    expect(&cb, LOS_RULE_SNI_HTTP, "");
    cb.urls = urls;
    cb.url_count = 2;
    expect_none(&cb, "SNI with https");
    cb.sni = LOS_SNI_OFF;
    expect_none(&cb, "SNI switched off");
    cb.sni = LOS_SNI_UNSET;
    expect(&cb, LOS_RULE_SNI_HTTPS, "");
    urls[0] = LOS_STR("https://1.2.3.4/");
    expect_none(&cb, "an address has no SNI");

    cb.policy = LOS_STR("p");
    expect(&cb, LOS_RULE_POLICY_ALONE, "p");
    memset(&cb, 0, sizeof(cb));
    cb.policy = LOS_STR("p\n");
    expect(&cb, LOS_RULE_POLICY_NAME, "p\n");
    cb.policy = LOS_STR("p");
    expect_none(&cb, "policy alone");
}

static void
test_sizes(void)
{
    static char text[200000];
    struct los_callback cb = plain();
    struct los_callback_var var;

    memset(text, 'a', sizeof(text));
    cb.body = los_str_of(text, 3840 - 49);
    expect_none(&cb, "5120 bytes of base64");
    cb.body.n++;
    expect(&cb, LOS_RULE_SIZE, "");
    cb.body.n = sizeof(text);
    expect(&cb, LOS_RULE_SIZE, "");
    cb = plain();
    cb.body = LOS_STR("${x:a}");
    cb.vars = &var;
    cb.var_count = 1;
    var.name = LOS_STR("a");
    var.value = los_str_of(text, 3840 - 10);
    expect_none(&cb, "5120 bytes of base64 variables");
    var.value.n++;
    expect(&cb, LOS_RULE_VARS_SIZE, "");
}

/* Errors push out warnings, the first errors stay. */
static void
test_full_report(void)
{
    static struct los_callback_var vars[40];
    struct los_callback_report report;
    struct los_callback cb = plain();
    size_t i, warnings = 0;

    for (i = 0; i < 40; i++) {
        vars[i].name = LOS_STR("a");
        vars[i].value = LOS_STR("");
    }
    cb.vars = vars;
    cb.var_count = 16; /* the same name again and again */
    los_callback_check(&cb, &report);
    is_int(report.count, LOS_CALLBACK_PROBLEMS, "a full report");
    is_int(report.list[0].rule, LOS_RULE_VARS_UNUSED, "a warning first");
    is_int(report.errors, LOS_CALLBACK_PROBLEMS - 1, "then errors");
    cb.host = LOS_STR("-");
    cb.var_count = 40;
    los_callback_check(&cb, &report);
    is_int(report.list[0].rule, LOS_RULE_HOST_SYNTAX, "first error");
    is_int(report.errors, LOS_CALLBACK_PROBLEMS, "errors alone");
    is_int(report.count, LOS_CALLBACK_PROBLEMS, "still a full report");
    for (i = 0; i < report.count; i++)
        warnings +=
            (size_t)los_callback_rule_info(report.list[i].rule)->warning;
    is_int(warnings, 0, "the warning gave way");
}

int
main(void)
{
    int rule;

    test_urls();
    test_url_list();
    test_long_hosts();
    test_bodies();
    test_vars();
    test_other_fields();
    test_sizes();
    test_full_report();
    for (rule = LOS_RULE_NONE + 1; rule < LOS_RULE_COUNT; rule++)
        ok(seen[rule], "%s was broken once",
           los_callback_rule_info((enum los_callback_rule)rule)->name);
    ok(los_callback_rule_info(LOS_RULE_NONE) == NULL
           && los_callback_rule_info(LOS_RULE_COUNT) == NULL,
       "no other rules");
    return done();
}
