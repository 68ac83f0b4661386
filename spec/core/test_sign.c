#include "crypto_alloc.h"
#include "core/sign.h"

#define NOW     1702743657 /* 2023-12-16T16:20:57Z */
#define MAX_NOW 253402300799
#define SECRET  "a very secret secret"

static struct los_pair headers[3], query[6];

static struct los_request
put(void)
{
    struct los_request r;

    memset(&r, 0, sizeof(r));
    r.method = LOS_STR("PUT");
    r.scheme = LOS_STR("https");
    r.host = LOS_STR("bucket.oss-cn-hangzhou.aliyuncs.com");
    r.bucket = LOS_STR("bucket");
    r.key = LOS_STR("1234+-/123/1.txt");
    r.headers = headers;
    r.header_count = 2;
    r.query = query;
    r.query_count = 6;
    return r;
}

/* The example of the official SDKs' tests. */
static void
set_pairs(void)
{
    static const char *const parameters[][2] = {
        {"+param1", "value3"}, {"+param2", ""},      {"|param1", "value4"},
        {"|param2", ""},       {"param1", "value1"}, {"param2", ""},
    };
    size_t i;

    headers[0].name = LOS_STR("X-Oss-Head1");
    headers[0].value = LOS_STR(" value\t");
    headers[1].name = LOS_STR("CONTENT-TYPE");
    headers[1].value = LOS_STR("text/plain");
    headers[2].name = LOS_STR("X-Oss-Meta-Long");
    headers[2].value = LOS_STR("0123456789012345678901234567890123456789");
    for (i = 0; i < 6; i++) {
        query[i].name = str(parameters[i][0]);
        query[i].value = str(parameters[i][1]);
    }
}

static struct los_signer_config
config(enum los_sign_version version)
{
    struct los_signer_config c;

    memset(&c, 0, sizeof(c));
    c.version = version;
    c.id = LOS_STR("ak");
    c.secret = LOS_STR("sk");
    if (version == LOS_SIGN_V4)
        c.region = LOS_STR("cn-hangzhou");
    return c;
}

static struct los_signer *
signer(struct los_signer_config c)
{
    struct los_signer *s = NULL;

    if (los_signer_new(&s, &c, NULL) != LOS_OK)
        abort();
    return s;
}

static void
test_v4(void)
{
    struct los_signer *s = signer(config(LOS_SIGN_V4));
    struct los_request r = put();
    struct los_signed out;
    struct los_fault fault;

    is_int(los_signer_sign(s, &r, NOW, &out, &fault), LOS_OK, "V4 head");
    is_str(out.canonical_request,
           "PUT\n/bucket/1234%2B-/123/1.txt\n%2Bparam1=value3&%2Bparam2&%7C"
           "param1=value4&%7Cparam2&param1=value1&param2\n"
           "content-type:text/plain\nx-oss-content-sha256:UNSIGNED-PAYLOAD\n"
           "x-oss-date:20231216T162057Z\nx-oss-head1:value\n\n\n"
           "UNSIGNED-PAYLOAD",
           "canonical request");
    is_str(out.string_to_sign,
           "OSS4-HMAC-SHA256\n20231216T162057Z\n"
           "20231216/cn-hangzhou/oss/aliyun_v4_request\nf4613657f1b108998e8d"
           "bd10a1aa5da621dc2c6e02c9ddec0f163664848704c4",
           "string to sign");
    is_str(out.signature,
           "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe",
           "signature");
    is_str(out.head,
           "X-Oss-Head1: value\r\nCONTENT-TYPE: text/plain\r\n"
           "x-oss-content-sha256: UNSIGNED-PAYLOAD\r\n"
           "x-oss-date: 20231216T162057Z\r\n"
           "Authorization: OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzho"
           "u/oss/aliyun_v4_request,Signature=e21d18daa82167720f9b1047ae7e7f1"
           "ce7cb77a31e8203a7d5f4624fa0284afe\r\n",
           "head");
    headers[1].value = LOS_STR("application/octet-stream");
    is_int(los_signer_presign(s, &r, 1702781677, 599, &out, &fault), LOS_OK,
           "V4 URL");
    is_str(out.signature,
           "a39966c61718be0d5b14e668088b3fa07601033f6518ac7b523100014269c0fe",
           "signature");
    is_str(out.authorization, "", "no Authorization");
    set_pairs();
    los_signer_free(s);
}

static void
test_v1(void)
{
    struct los_signer *s = signer(config(LOS_SIGN_V1));
    struct los_request r = put();
    struct los_pair version;
    struct los_signed out;
    struct los_fault fault;
    los_str text;

    version.name = version.value = LOS_STR("versionId");
    r.method = LOS_STR("GET");
    r.key = LOS_STR("key");
    r.query = &version;
    r.query_count = 1;
    r.header_count = 0;
    is_int(los_signer_presign(s, &r, 1699807420 - 60, 60, &out, &fault),
           LOS_OK, "V1 URL");
    is_str(out.string_to_sign,
           "GET\n\n\n1699807420\n/bucket/key?versionId=versionId",
           "string to sign");
    is_str(out.signature, "dcLTea+Yh9ApirQ8o8dOPqtvJXQ=", "signature");
    is_str(out.url,
           "https://bucket.oss-cn-hangzhou.aliyuncs.com/key?versionId=version"
           "Id&OSSAccessKeyId=ak&Expires=1699807420"
           "&Signature=dcLTea%2BYh9ApirQ8o8dOPqtvJXQ%3D",
           "URL");
    is_str(out.canonical_request, "", "no canonical request");
    is_int(los_signer_credential(s, NOW, &text, &fault), LOS_E_ARGUMENT,
           "no credential");
    is_int(los_signer_presign(s, &r, NOW, 604801, &out, NULL), LOS_OK,
           "any life");
    is_int(los_signer_presign(s, &r, NOW, INT64_MAX, &out, NULL),
           LOS_E_ARGUMENT, "but no overflow");
    los_signer_free(s);
}

/* A signer that was used before gives what a fresh one gives. */
static void
test_reuse(void)
{
    static const int64_t days[] = {NOW,   NOW + 86400, NOW,
                                   0,     NOW + 1,     NOW + 86400 * 400,
                                   86399, 86400,       MAX_NOW};
    enum los_sign_version version;
    size_t i;

    for (version = LOS_SIGN_V4; version <= LOS_SIGN_V1; version++) {
        struct los_signer *old = signer(config(version));
        int differ = 0;

        for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
            struct los_signer *s = signer(config(version));
            struct los_request r = put();
            struct los_signed a, b;

            r.header_count = i % 3;
            los_signer_sign(old, &r, days[i], &a, NULL);
            los_signer_sign(s, &r, days[i], &b, NULL);
            differ +=
                !los_str_equal(a.url, b.url) || !los_str_equal(a.head, b.head);
            los_signer_presign(old, &r, days[i], 60, &a, NULL);
            los_signer_presign(s, &r, days[i], 60, &b, NULL);
            differ +=
                !los_str_equal(a.url, b.url) || !los_str_equal(a.head, b.head);
            los_signer_free(s);
        }
        is_int(differ, 0, "reuse, version %d", version == LOS_SIGN_V4 ? 4 : 1);
        los_signer_free(old);
    }
}

static void
test_errors(void)
{
    struct los_signer *s = signer(config(LOS_SIGN_V4));
    struct los_request r = put();
    struct los_fault fault;
    struct los_signed out;

    memset(&out, 0, sizeof(out));
    is_int(los_signer_sign(s, &r, -1, &out, &fault), LOS_E_TIME, "time");
    is_str(str(fault.field), "now", "says so");
    is_int(los_signer_sign(s, &r, MAX_NOW + 1, &out, NULL), LOS_E_TIME,
           "year 10000");
    is_int(los_signer_presign(s, &r, NOW, 0, &out, &fault), LOS_E_ARGUMENT,
           "no life");
    is_str(str(fault.field), "expires", "says so");
    is_int(los_signer_presign(s, &r, NOW, 604801, &out, NULL), LOS_E_ARGUMENT,
           "more than seven days");
    headers[0].value = LOS_STR("a\r\nb");
    is_int(los_signer_sign(s, &r, NOW, &out, &fault), LOS_E_BYTES, "CR LF");
    is_str(fault.name, "X-Oss-Head1", "says where");
    ok(out.url.p == NULL, "outputs are left alone");
    set_pairs();
    is_int(los_signer_sign(s, &r, NOW, &out, NULL), LOS_OK, "still usable");
    los_signer_free(s);
}

static void
test_config(void)
{
    static const los_str many[LOS_ADDITIONAL_MAX + 1];
    struct los_signer_config c = config(LOS_SIGN_V4);
    struct los_signer *s;
    struct los_fault fault;

    c.id = LOS_STR("");
    is_int(los_signer_new(&s, &c, &fault), LOS_E_ARGUMENT, "no id");
    c.id = LOS_STR("a\nb");
    is_int(los_signer_new(&s, &c, &fault), LOS_E_BYTES, "LF in the id");
    is_str(str(fault.field), "id", "says so");
    c = config(LOS_SIGN_V4);
    c.secret = LOS_STR("");
    is_int(los_signer_new(&s, &c, &fault), LOS_E_ARGUMENT, "no secret");
    c = config(LOS_SIGN_V4);
    c.token = LOS_STR("a\0");
    is_int(los_signer_new(&s, &c, &fault), LOS_E_BYTES, "NUL in the token");
    c = config(LOS_SIGN_V4);
    c.region = LOS_STR("");
    is_int(los_signer_new(&s, &c, &fault), LOS_E_ARGUMENT, "no region");
    c.region = LOS_STR("cn-hangzhou/oss");
    is_int(los_signer_new(&s, &c, &fault), LOS_E_ARGUMENT, "odd region");
    c = config(LOS_SIGN_V4);
    c.product = LOS_STR("O");
    is_int(los_signer_new(&s, &c, NULL), LOS_E_ARGUMENT, "odd product");
    c = config(LOS_SIGN_V4);
    c.additional = many;
    c.additional_count = LOS_ADDITIONAL_MAX + 1;
    is_int(los_signer_new(&s, &c, NULL), LOS_E_LIMIT, "many headers");
    los_signer_free(NULL);
}

/* Sorted, once each, in lower case, without those that are signed anyway. */
static void
test_additional(void)
{
    static const char *const given[] = {
        "ZAbc", "abc",    "HOST", "Content-Type", "content-md5", "X-OSS-a",
        "zabc", "absent", "",     "abc ",
    };
    los_str names[10];
    struct los_pair own[4];
    struct los_signer_config c = config(LOS_SIGN_V4);
    struct los_request r = put();
    struct los_signed out;
    struct los_signer *s;
    size_t i;

    for (i = 0; i < 10; i++)
        names[i] = str(given[i]);
    c.additional = names;
    c.additional_count = 10;
    s = signer(c);
    own[0].name = LOS_STR("Abc");
    own[0].value = LOS_STR("1");
    own[1].name = LOS_STR("zabC");
    own[1].value = LOS_STR("");
    own[2].name = LOS_STR("aBc");
    own[2].value = LOS_STR("2");
    own[3].name = LOS_STR("unsigned");
    own[3].value = LOS_STR("3");
    r.headers = own;
    r.header_count = 4;
    r.query_count = 0;
    los_signer_sign(s, &r, NOW, &out, NULL);
    is_str(out.canonical_request,
           "PUT\n/bucket/1234%2B-/123/1.txt\n\nabc:1,2\n"
           "host:bucket.oss-cn-hangzhou.aliyuncs.com\n"
           "x-oss-content-sha256:UNSIGNED-PAYLOAD\n"
           "x-oss-date:20231216T162057Z\nzabc:\n\nabc;host;zabc\n"
           "UNSIGNED-PAYLOAD",
           "additional headers");
    los_signer_free(s);
}

static int
use(enum los_sign_version version)
{
    struct los_signer_config c = config(version);
    struct los_request r = put();
    struct los_signer *s = NULL;
    struct los_signed out;
    los_str text;
    int code;

    c.secret = LOS_STR(SECRET);
    c.token = LOS_STR("a token");
    code = los_signer_new(&s, &c, NULL);
    if (code == LOS_OK)
        code = los_signer_sign(s, &r, NOW, &out, NULL);
    if (code == LOS_OK)
        code = los_signer_presign(s, &r, NOW + 86400, 5, &out, NULL);
    if (code == LOS_OK)
        code = los_signer_policy(s, LOS_STR("e30="), NOW, &text, NULL);
    los_signer_free(s);
    return code;
}

static int
scenario_v4(void)
{
    return use(LOS_SIGN_V4);
}

static int
scenario_v1(void)
{
    return use(LOS_SIGN_V1);
}

/* Nothing is allocated for a request no larger than one before. Allocations
 * inside of libcrypto are its own affair. */
static void
test_steady(void)
{
    enum los_sign_version version;

    for (version = LOS_SIGN_V4; version <= LOS_SIGN_V1; version++) {
        struct los_signer *s = signer(config(version));
        struct los_request r = put();
        struct los_signed out;
        int i;

        los_signer_sign(s, &r, NOW, &out, NULL);
        los_signer_presign(s, &r, NOW, 60, &out, NULL);
        alloc_own_calls = 0;
        for (i = 0; i < 10; i++) {
            los_signer_sign(s, &r, NOW + i * 86400, &out, NULL);
            los_signer_presign(s, &r, NOW + i, 60, &out, NULL);
        }
        is_int(alloc_own_calls, 0, "no allocation in the long run");
        los_signer_free(s);
    }
}

int
main(void)
{
    use_crypto_alloc();
    set_pairs();
    test_v4();
    test_v1();
    test_reuse();
    test_errors();
    test_config();
    test_additional();
    test_steady();
    alloc_secret = SECRET;
    torture("V4", scenario_v4);
    torture("V1", scenario_v1);
    is_int(alloc_told, 0, "freed memory does not tell the secret");
    alloc_secret = NULL;
    return done();
}
