#include "tap.h"
#include "core/callback/callback.h"
#include "core/encode.h"

static struct los_callback
whole(void)
{
    static const los_str urls[] = {{"https://a.com/?x=%20&y", 22},
                                   {"http://b.com", 12}};
    static const struct los_callback_var vars[] = {
        {{"b", 1}, {"\"\\\n\xe4\xb8\xad/&", 8}},
        {{"x:a", 3}, {"", 0}},
    };
    struct los_callback cb;

    memset(&cb, 0, sizeof(cb));
    cb.urls = urls;
    cb.url_count = 2;
    cb.host = LOS_STR("c.com");
    cb.body = LOS_STR("{\"a\":${x:a},\"b\":[${x:b}]}");
    cb.body_type = LOS_STR("json");
    cb.sni = LOS_SNI_ON;
    cb.vars = vars;
    cb.var_count = 2;
    return cb;
}

static void
is_json(const struct los_callback *cb, const char *want, const char *name)
{
    struct los_buf out;

    los_buf_init(&out, 10000);
    los_buf_add_char(&out, '>');
    is_int(los_callback_json(cb, &out), LOS_OK, "%s", name);
    is_str(los_buf_str(&out), want, "%s: text", name);
    los_buf_free(&out);
}

static void
test_json(void)
{
    struct los_callback cb = whole();

    is_json(&cb,
            ">{\"callbackUrl\":\"https://a.com/?x=%20&y;http://b.com\","
            "\"callbackBody\":\"{\\\"a\\\":${x:a},\\\"b\\\":[${x:b}]}\","
            "\"callbackHost\":\"c.com\","
            "\"callbackBodyType\":\"application/json\",\"callbackSNI\":true}",
            "all keys");
    cb.sni = LOS_SNI_OFF;
    cb.host = LOS_STR("");
    cb.body_type = LOS_STR("form");
    is_json(&cb,
            ">{\"callbackUrl\":\"https://a.com/?x=%20&y;http://b.com\","
            "\"callbackBody\":\"{\\\"a\\\":${x:a},\\\"b\\\":[${x:b}]}\","
            "\"callbackBodyType\":\"application/x-www-form-urlencoded\","
            "\"callbackSNI\":false}",
            "some keys");
    memset(&cb, 0, sizeof(cb));
    is_json(&cb, ">{}", "no keys");
    cb.policy = LOS_STR("p\"");
    is_json(&cb, ">{\"callbackPolicy\":\"p\\\"\"}", "a policy");
}

static void
test_vars(void)
{
    struct los_callback cb = whole();
    struct los_buf out;

    los_buf_init(&out, 10000);
    is_int(los_callback_vars_json(&cb, &out), LOS_OK, "variables");
    is_str(los_buf_str(&out),
           "{\"x:b\":\"\\\"\\\\\\n\xe4\xb8\xad/&\",\"x:a\":\"\"}",
           "variables: text");
    cb.var_count = 0;
    los_buf_reset(&out);
    is_int(los_callback_vars_json(&cb, &out), LOS_OK, "no variables");
    is_str(los_buf_str(&out), "{}", "no variables: text");
    los_buf_free(&out);
}

static void
test_encode(void)
{
    struct los_callback cb = whole();
    struct los_buf json, want, callback, vars;

    los_buf_init(&json, 10000);
    los_buf_init(&want, 10000);
    los_buf_init(&callback, LOS_CALLBACK_MAX);
    los_buf_init(&vars, LOS_CALLBACK_MAX);
    is_int(los_callback_encode(&cb, &callback, &vars), LOS_OK, "encode");
    los_callback_json(&cb, &json);
    los_add_base64(&want, los_buf_str(&json));
    ok(los_str_equal(los_buf_str(&callback), los_buf_str(&want)),
       "the callback is the base64 of its JSON");
    los_buf_reset(&json);
    los_buf_reset(&want);
    los_callback_vars_json(&cb, &json);
    los_add_base64(&want, los_buf_str(&json));
    ok(los_str_equal(los_buf_str(&vars), los_buf_str(&want)),
       "and so are the variables");
    los_buf_reset(&vars);
    los_buf_reset(&callback);
    cb.var_count = 0;
    is_int(los_callback_encode(&cb, &callback, &vars), LOS_OK, "no vars");
    is_int(vars.n, 0, "nothing is written for no variables");
    los_buf_free(&json);
    los_buf_free(&want);
    los_buf_free(&callback);
    los_buf_free(&vars);
}

/* A failure leaves both outputs as they were. */
static void
fails(const struct los_callback *cb, int code, const char *name)
{
    struct los_buf callback, vars;

    los_buf_init(&callback, 10000);
    los_buf_init(&vars, 10000);
    los_buf_add_char(&callback, '1');
    los_buf_add_char(&vars, '2');
    is_int(los_callback_encode(cb, &callback, &vars), code, "%s", name);
    is_str(los_buf_str(&callback), "1", "%s: callback untouched", name);
    is_str(los_buf_str(&vars), "2", "%s: variables untouched", name);
    los_buf_free(&callback);
    los_buf_free(&vars);
}

static void
test_failures(void)
{
    static char text[4000];
    struct los_callback cb = whole();
    struct los_callback_var var = {{"a", 1}, {"\xff", 1}};

    cb.body_type = LOS_STR("xml");
    fails(&cb, LOS_E_ARGUMENT, "unknown body type");
    cb = whole();
    cb.body = LOS_STR("\xff");
    fails(&cb, LOS_E_ENCODING, "body that is no UTF-8");
    cb = whole();
    cb.vars = &var;
    cb.var_count = 1;
    fails(&cb, LOS_E_ENCODING, "value that is no UTF-8");
    var.name = LOS_STR("\xff");
    var.value = LOS_STR("");
    fails(&cb, LOS_E_ENCODING, "name that is no UTF-8");
    memset(text, 'a', sizeof(text));
    var.name = LOS_STR("a");
    var.value = los_str_of(text, 3831);
    fails(&cb, LOS_E_LIMIT, "variables over 5 KB");
    cb.var_count = 0;
    cb.body = los_str_of(text, sizeof(text));
    fails(&cb, LOS_E_LIMIT, "callback over 5 KB");
}

static void
test_string_to_verify(void)
{
    static const struct {
        const char *target, *body, *want;
    } cases[] = {
        {"/index.php?id=1&index=2", "bucket=yonghu-test",
         "/index.php?id=1&index=2\nbucket=yonghu-test"},
        {"/%2F%e4%b8%ad+?%2F+", "b", "//\xe4\xb8\xad+?%2F+\nb"},
        {"/%", "", "/%\n"},
        {"/%4", "", "/%4\n"},
        {"/%4g%41", "\n", "/%4gA\n\n"},
    };
    struct los_buf out;
    size_t i;

    los_buf_init(&out, 1000);
    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        los_buf_reset(&out);
        is_int(los_callback_string_to_verify(guarded_str(str(cases[i].target)),
                                             guarded_str(str(cases[i].body)),
                                             &out),
               LOS_OK, "%s", cases[i].target);
        is_str(los_buf_str(&out), cases[i].want, "%s: text", cases[i].target);
    }
    los_buf_reset(&out);
    is_int(los_callback_string_to_verify(LOS_STR(""), LOS_STR("b"), &out),
           LOS_E_ARGUMENT, "no target");
    is_int(los_callback_string_to_verify(LOS_STR("*"), LOS_STR("b"), &out),
           LOS_E_ARGUMENT, "no path");
    los_buf_free(&out);
    los_buf_init(&out, 5);
    los_buf_add_char(&out, '>');
    is_int(los_callback_string_to_verify(LOS_STR("/a"), LOS_STR("bc"), &out),
           LOS_E_LIMIT, "no room");
    is_str(los_buf_str(&out), ">", "no room: untouched");
    los_buf_free(&out);
}

static int
check_scenario(void)
{
    struct los_callback_report report;
    struct los_callback cb = whole();

    return los_callback_check(&cb, &report);
}

static int
encode_scenario(void)
{
    struct los_callback cb = whole();
    struct los_buf callback, vars;
    int code;

    los_buf_init(&callback, LOS_CALLBACK_MAX);
    los_buf_init(&vars, LOS_CALLBACK_MAX);
    code = los_callback_encode(&cb, &callback, &vars);
    los_buf_free(&callback);
    los_buf_free(&vars);
    return code;
}

static int
verify_scenario(void)
{
    static char body[1000];
    struct los_buf out;
    int code;

    los_buf_init(&out, 10000);
    code = los_callback_string_to_verify(LOS_STR("/a%20b?c"),
                                         los_str_of(body, 1000), &out);
    los_buf_free(&out);
    return code;
}

int
main(void)
{
    test_json();
    test_vars();
    test_encode();
    test_failures();
    test_string_to_verify();
    torture("check", check_scenario);
    torture("encode", encode_scenario);
    torture("string to verify", verify_scenario);
    return done();
}
