#include "tap.h"
#include "core/request.h"

static struct los_pair many[LOS_PAIRS_MAX + 1];

static struct los_request
good(void)
{
    struct los_request r;

    memset(&r, 0, sizeof(r));
    r.method = LOS_STR("PUT");
    r.scheme = LOS_STR("https");
    r.host = LOS_STR("examplebucket.oss-cn-hangzhou.aliyuncs.com");
    r.bucket = LOS_STR("examplebucket");
    r.key = LOS_STR("a b/c+d.txt");
    return r;
}

/* One member of a good request, replaced. */
enum member { METHOD, SCHEME, HOST, BUCKET, KEY, HEADER, VALUE, NAME, PARAM };

struct variant {
    enum member member;
    const char *text;
    size_t n;
};

#define V(member, literal)                                                    \
    {                                                                         \
        member, literal, sizeof(literal) - 1                                  \
    }

static const struct variant fine[] = {
    V(METHOD, "GET"),
    V(SCHEME, "http"),
    V(HOST, "127.0.0.1:9000"),
    V(HOST, "[::1]:80"),
    V(HOST, "[fe80::1]"),
    V(HOST, "under_score.example"),
    V(BUCKET, "abc"),
    V(BUCKET, "0-9"),
    V(KEY, "a//b/../c"),
    V(KEY, "\xe7\x9b\xae\xe5\xbd\x95/\x01\t?#%"),
    V(KEY, ""),
    V(HEADER, "X-!#$%&'*+.^_`|~09azAZ"),
    V(VALUE, ""),
    V(VALUE, "\t tab and \xff, 8 bytes and more \x01"),
    V(NAME, "|odd name&="),
    V(PARAM, "any/thing\x01"),
};

static const struct variant refused[] = {
    V(METHOD, ""),         V(METHOD, "put"),
    V(METHOD, "PUT "),     V(METHOD, "PU\r"),
    V(SCHEME, ""),         V(SCHEME, "HTTPS"),
    V(SCHEME, "ftp"),      V(HOST, ""),
    V(HOST, "a/b"),        V(HOST, "user@host"),
    V(HOST, "a?b"),        V(HOST, "a#b"),
    V(HOST, "a b"),        V(HOST, "a\r\nb"),
    V(HOST, "a:"),         V(HOST, "a:123456"),
    V(HOST, "a:8x"),       V(HOST, ":80"),
    V(HOST, "[::1"),       V(HOST, "[]"),
    V(HOST, "[::1]x"),     V(HOST, "a\0b"),
    V(BUCKET, "ab"),       V(BUCKET, "Abc"),
    V(BUCKET, "a.b"),      V(BUCKET, "a_b"),
    V(BUCKET, "-ab"),      V(BUCKET, "ab-"),
    V(BUCKET, "a/b"),      V(BUCKET, ""), /* but there is a key */
    V(KEY, "/a"),          V(KEY, "\\a"),
    V(KEY, "\xff"),        V(HEADER, ""),
    V(HEADER, "a b"),      V(HEADER, "a:"),
    V(HEADER, "a\r\nb"),   V(HEADER, "a\0"),
    V(HEADER, "\xc3\xa4"), V(HEADER, "Host"),
    V(HEADER, "(a)"),      V(NAME, ""),
};

static const struct variant bytes[] = {
    V(KEY, "a\rb"),
    V(KEY, "a\nb"),
    V(KEY, "a\0b"),
    V(KEY, "\n"),
    V(VALUE, "a\r\nX-Evil: 1"),
    V(VALUE, "\n"),
    V(VALUE, "01234567\r"),
    V(VALUE, "0123456\n01234567"),
    V(VALUE, "\t234567890\0"),
    V(VALUE, "\xff\xff\xff\xff\xff\xff\xff\n"),
    V(NAME, "a\nb"),
    V(PARAM, "0123456701234567\n"),
    V(PARAM, "\0"),
};

static int
check(const struct variant *v, struct los_fault *fault)
{
    struct los_pair header, parameter;
    struct los_request r = good();
    los_str *to[9];

    header.name = LOS_STR("X-Oss-Meta-A");
    header.value = LOS_STR("b");
    parameter = header;
    r.headers = &header;
    r.header_count = 1;
    r.query = &parameter;
    r.query_count = 1;
    to[METHOD] = &r.method;
    to[SCHEME] = &r.scheme;
    to[HOST] = &r.host;
    to[BUCKET] = &r.bucket;
    to[KEY] = &r.key;
    to[HEADER] = &header.name;
    to[VALUE] = &header.value;
    to[NAME] = &parameter.name;
    to[PARAM] = &parameter.value;
    *to[v->member] = guarded_str(los_str_of(v->text, v->n));
    return los_request_check(&r, fault);
}

static void
test_check(void)
{
    static const char *const fields[] = {"method", "scheme", "host",
                                         "bucket", "key",    "headers",
                                         "header", "query",  "query"};
    struct los_fault fault;
    size_t i;

    for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
        is_int(check(&fine[i], NULL), LOS_OK, "good %s %d",
               fields[fine[i].member], (int)i);
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const char *field = fields[refused[i].member];

        is_int(check(&refused[i], &fault), LOS_E_ARGUMENT, "bad %s %d", field,
               (int)i);
        ok(strncmp(fault.field, field, 6) == 0 && fault.rule != NULL,
           "says so");
    }
    for (i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        const char *field = fields[bytes[i].member];

        is_int(check(&bytes[i], &fault), LOS_E_BYTES, "bytes of %s %d", field,
               (int)i);
        ok(strcmp(fault.field, field) == 0, "says so");
    }
    is_str(fault.name, "", "only a header has a name");
    check(&bytes[4], &fault);
    is_str(fault.name, "X-Oss-Meta-A", "which it tells");
}

static void
test_limits(void)
{
    struct los_request r = good();
    char text[1025];
    size_t i;

    memset(text, 'a', sizeof(text));
    r.key = los_str_of(text, 1023);
    is_int(los_request_check(&r, NULL), LOS_OK, "key of 1023 bytes");
    r.key = los_str_of(text, 1024);
    is_int(los_request_check(&r, NULL), LOS_E_ARGUMENT, "one more");
    r = good();
    r.bucket = los_str_of(text, 63);
    is_int(los_request_check(&r, NULL), LOS_OK, "bucket of 63 bytes");
    r.bucket = los_str_of(text, 64);
    is_int(los_request_check(&r, NULL), LOS_E_ARGUMENT, "one more");
    r = good();
    r.host = los_str_of(text, 256);
    is_int(los_request_check(&r, NULL), LOS_E_ARGUMENT, "long host");
    r = good();
    for (i = 0; i < LOS_PAIRS_MAX + 1; i++)
        many[i].name = many[i].value = LOS_STR("a");
    r.headers = r.query = many;
    r.header_count = r.query_count = LOS_PAIRS_MAX;
    is_int(los_request_check(&r, NULL), LOS_OK, "128 headers, parameters");
    r.header_count++;
    is_int(los_request_check(&r, NULL), LOS_E_LIMIT, "one more header");
    r.header_count = 0;
    r.query_count++;
    is_int(los_request_check(&r, NULL), LOS_E_LIMIT, "one more parameter");
}

static int
render(const struct los_request *r, const char *url, const char *head)
{
    struct los_buf u, h;
    int code;

    los_buf_init(&u, LOS_REQUEST_MAX);
    los_buf_init(&h, LOS_REQUEST_MAX);
    code = los_request_render(r, &u, &h, NULL);
    if (code == LOS_OK && url != NULL) {
        is_str(los_buf_str(&u), url, "URL");
        is_str(los_buf_str(&h), head, "head");
    }
    los_buf_free(&u);
    los_buf_free(&h);
    return code;
}

static struct los_pair two[2];

static void
test_render(void)
{
    struct los_request r = good();

    two[0].name = LOS_STR("X-Oss-Meta-A");
    two[0].value = LOS_STR(" \tb  c\t ");
    two[1].name = LOS_STR("a=b");
    two[1].value = LOS_STR("");
    render(&r,
           "https://examplebucket.oss-cn-hangzhou.aliyuncs.com/"
           "a%20b/c%2Bd.txt",
           "");
    r.path_style = 1;
    r.host = LOS_STR("127.0.0.1:9000");
    r.query = two;
    r.query_count = 2;
    r.headers = two;
    r.header_count = 1;
    render(&r,
           "https://127.0.0.1:9000/examplebucket/a%20b/c%2Bd.txt"
           "?X-Oss-Meta-A=%20%09b%20%20c%09%20&a%3Db",
           "X-Oss-Meta-A: b  c\r\n");
    r.key = LOS_STR("");
    r.query_count = r.header_count = 0;
    render(&r, "https://127.0.0.1:9000/examplebucket/", "");
    r.path_style = 0;
    render(&r, "https://127.0.0.1:9000/", "");
    r.bucket = LOS_STR("");
    r.path_style = 1;
    render(&r, "https://127.0.0.1:9000/", "");
}

static int
scenario(void)
{
    struct los_request r = good();

    r.headers = r.query = two;
    r.header_count = 1;
    r.query_count = 2;
    return render(&r, NULL, NULL);
}

static void
test_helpers(void)
{
    is_str(los_str_trim(guarded_str(LOS_STR(" \t a b\t "))), "a b", "trim");
    is_str(los_str_trim(guarded_str(LOS_STR(" \t "))), "", "trim all");
    is_str(los_str_trim(guarded_str(LOS_STR(""))), "", "trim nothing");
    ok(los_str_is_named(LOS_STR("Content-MD5"), LOS_STR("content-md5")),
       "name");
    ok(!los_str_is_named(LOS_STR("Content-MD"), LOS_STR("content-md5")),
       "short");
    ok(!los_str_is_named(LOS_STR("Content@MD5"), LOS_STR("content-md5")),
       "other");
}

int
main(void)
{
    test_check();
    test_limits();
    test_render();
    test_helpers();
    torture("rendering", scenario);
    return done();
}
