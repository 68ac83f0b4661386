/* One V4 signature of a put with callback headers, the day's key cached.
 *
 *   sign whole HEAD COUNT   checks, signs, renders URL and head
 *   sign bare HEAD COUNT    only the digests that it cannot do without
 *
 * HEAD is a file of "Name: value" lines; of them Content-Type and the
 * callback's are signed. */
#include "core/digest.h"
#include "core/err.h"
#include "core/sign.h"
#include "measure.h"

#include <string.h>

#define NOW 1702743657

static struct los_pair headers[8];
static struct los_request request;

static los_str
copy(const char *text, size_t n)
{
    char *p = malloc(n + 1);

    if (p == NULL)
        measure_fail("no memory");
    memcpy(p, text, n);
    return los_str_of(p, n);
}

static void
read_head(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[8192];

    if (file == NULL)
        measure_fail("the file with the head cannot be read");
    while (request.header_count < 8
           && fgets(line, sizeof(line), file) != NULL) {
        size_t name = strcspn(line, ":"), end = strcspn(line, "\r\n");
        struct los_pair *h = &headers[request.header_count];

        if (strncmp(line, "Content-Type", name) != 0
            && strncmp(line, "x-oss-callback", 14) != 0)
            continue;
        h->name = copy(line, name);
        h->value = copy(line + name + 2, end - name - 2);
        request.header_count++;
    }
    fclose(file);
    request.headers = headers;
    request.method = LOS_STR("PUT");
    request.scheme = LOS_STR("https");
    request.bucket = LOS_STR("examplebucket");
    request.host = LOS_STR("examplebucket.oss-cn-hangzhou.aliyuncs.com");
    request.key = LOS_STR("exampledir/exampleobject.txt");
}

static struct los_signer *
new_signer(void)
{
    struct los_signer_config c;
    struct los_signer *s = NULL;

    memset(&c, 0, sizeof(c));
    c.version = LOS_SIGN_V4;
    c.id = LOS_STR("LTAI5tExampleExampleExam");
    c.secret = LOS_STR("ExampleSecretExampleSecretExam");
    c.token = c.product = LOS_STR("");
    c.region = LOS_STR("cn-hangzhou");
    if (los_signer_new(&s, &c, NULL) != LOS_OK)
        measure_fail("no signer");
    return s;
}

static void
sign_whole(struct los_signer *s, long count)
{
    struct los_signed out;
    struct measure m;
    long i;

    for (i = -1000; i < count; i++) {
        if (i == 0)
            measure_begin(&m);
        if (los_signer_sign(s, &request, NOW, &out, NULL) != LOS_OK)
            measure_fail("not signed");
    }
    measure_end(&m, count);
}

static void
digest(struct los_digest *d, los_str text)
{
    unsigned char raw[LOS_DIGEST_MAX];

    if (los_digest_begin(d) != LOS_OK || los_digest_add(d, text) != LOS_OK
        || los_digest_end(d, raw) != LOS_OK)
        measure_fail("no digest");
}

static void
sign_bare(struct los_signer *s, long count)
{
    struct los_digest *hash, *mac;
    struct los_signed out;
    struct measure m;
    long i;

    if (los_signer_sign(s, &request, NOW, &out, NULL) != LOS_OK
        || los_digest_new(&hash, LOS_SHA256) != LOS_OK
        || los_digest_new(&mac, LOS_HMAC_SHA256) != LOS_OK
        || los_digest_key(mac, LOS_STR("a key")) != LOS_OK)
        measure_fail("no digests");
    measure_begin(&m);
    for (i = 0; i < count; i++) {
        digest(hash, out.canonical_request);
        digest(mac, out.string_to_sign);
    }
    measure_end(&m, count);
}

int
main(int n, char **args)
{
    struct los_signer *s;

    if (n != 4)
        measure_fail("see the top of sign.c");
    read_head(args[2]);
    s = new_signer();
    if (strcmp(args[1], "whole") == 0)
        sign_whole(s, atol(args[3]));
    else
        sign_bare(s, atol(args[3]));
    los_signer_free(s);
    return 0;
}
