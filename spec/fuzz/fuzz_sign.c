/* Requests of any bytes: refused, or signed into a URL and a head that say
 * what was asked and nothing else, the same each time.
 *
 * Input: a byte of flags, then fields with 0x1e between them: method, host,
 * bucket, key, and pairs that go to the headers and the query in turn. */
#include "core/err.h"
#include "core/sign.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW 1702743657

static void
check(int good)
{
    if (!good)
        abort();
}

static los_str
next_field(los_str *rest)
{
    const char *end = memchr(rest->p, 0x1e, rest->n);
    size_t n = end != NULL ? (size_t)(end - rest->p) : rest->n;
    los_str field = los_str_of(rest->p, n);

    *rest =
        los_str_of(rest->p + n + (end != NULL), rest->n - n - (end != NULL));
    return field;
}

static void
read_pairs(los_str rest, struct los_request *r, struct los_pair *headers,
           struct los_pair *query)
{
    while (rest.n > 0 && r->query_count <= LOS_PAIRS_MAX) {
        struct los_pair *pair = r->header_count <= r->query_count
                                    ? &headers[r->header_count++]
                                    : &query[r->query_count++];

        pair->name = next_field(&rest);
        pair->value = next_field(&rest);
    }
    r->headers = headers;
    r->query = query;
}

/* Each line is a name and a value; no line is there that nobody asked for. */
static void
check_head(los_str head, size_t most)
{
    size_t i, lines = 0;

    for (i = 0; i < head.n; i++) {
        check(head.p[i] != '\0');
        check(head.p[i] != '\n' || (i > 0 && head.p[i - 1] == '\r'));
        if (head.p[i] == '\r') {
            check(i + 1 < head.n && head.p[i + 1] == '\n');
            lines++;
        }
    }
    check(head.n == 0 || head.p[head.n - 1] == '\n');
    check(lines <= most);
}

static void
check_url(los_str url, const struct los_request *r)
{
    size_t i, at = r->scheme.n + 3, marks = 0;

    check(los_str_starts(url, r->scheme)
          && memcmp(url.p + at, r->host.p, r->host.n) == 0
          && url.p[at + r->host.n] == '/');
    for (i = 0; i < url.n; i++) {
        check(url.p[i] > ' ' && url.p[i] < 127 && url.p[i] != '#');
        marks += url.p[i] == '?';
    }
    check(marks <= 1);
}

static struct los_signer *
make_signer(int v1, int more)
{
    static const los_str additional[] = {{"host", 4}, {"a", 1}};
    struct los_signer *s = NULL;
    struct los_signer_config c;

    memset(&c, 0, sizeof(c));
    c.version = v1 ? LOS_SIGN_V1 : LOS_SIGN_V4;
    c.id = LOS_STR("ak");
    c.secret = LOS_STR("sk");
    c.region = LOS_STR("cn-hangzhou");
    if (more) {
        c.token = LOS_STR("token");
        c.additional = additional;
        c.additional_count = 2;
    }
    check(los_signer_new(&s, &c, NULL) == LOS_OK);
    return s;
}

/* Returns the code; out is borrowed from s. */
static int
sign(struct los_signer *s, const struct los_request *r, int in_url,
     struct los_signed *out)
{
    struct los_fault fault;
    int code = in_url ? los_signer_presign(s, r, NOW, 60, out, &fault)
                      : los_signer_sign(s, r, NOW, out, &fault);

    check(code == LOS_OK || fault.field == NULL || fault.rule != NULL);
    return code;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct los_signer *kept[4];
    struct los_pair headers[LOS_PAIRS_MAX + 2], query[LOS_PAIRS_MAX + 2];
    los_str rest = los_str_of((const char *)data, size);
    struct los_signed first, second;
    struct los_signer *fresh;
    struct los_request r;
    unsigned flags;
    int in_url, code;

    if (size == 0)
        return 0;
    flags = data[0];
    rest = los_str_of(rest.p + 1, rest.n - 1);
    memset(&r, 0, sizeof(r));
    r.scheme = flags & 1 ? LOS_STR("https") : LOS_STR("http");
    r.path_style = (flags & 2) != 0;
    in_url = (flags & 4) != 0;
    r.method = next_field(&rest);
    r.host = next_field(&rest);
    r.bucket = next_field(&rest);
    r.key = next_field(&rest);
    read_pairs(rest, &r, headers, query);
    flags = flags >> 3 & 3;
    if (kept[flags] == NULL)
        kept[flags] = make_signer(flags & 1, flags & 2);
    code = sign(kept[flags], &r, in_url, &first);
    check((code == LOS_OK) == (los_request_check(&r, NULL) == LOS_OK));
    if (code != LOS_OK)
        return 0;
    check_head(first.head, r.header_count + (in_url ? 0 : 4));
    check_url(first.url, &r);
    fresh = make_signer(flags & 1, flags & 2);
    check(sign(fresh, &r, in_url, &second) == LOS_OK
          && los_str_equal(first.url, second.url)
          && los_str_equal(first.head, second.head)
          && los_str_equal(first.signature, second.signature));
    los_signer_free(fresh);
    return 0;
}
