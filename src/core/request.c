#include "request.h"
#include "encode.h"
#include "err.h"

#define KEY_MAX  1023
#define HOST_MAX 255

/* ---- what is refused */

int
los_fault_set(struct los_fault *fault, int code, const char *field,
              const char *rule)
{
    if (fault != NULL) {
        fault->field = field;
        fault->name = los_str_of(NULL, 0);
        fault->rule = rule;
    }
    return code;
}

/* Three looks by the C library cost less than one byte by byte: callbacks make
 * values of some kilobytes. */
static int
has_forbidden(los_str s)
{
    if (s.n == 0)
        return 0;
    return memchr(s.p, '\r', s.n) != NULL || memchr(s.p, '\n', s.n) != NULL
           || memchr(s.p, '\0', s.n) != NULL;
}

int
los_check_bytes(los_str text, const char *field, struct los_fault *fault)
{
    if (!has_forbidden(text))
        return LOS_OK;
    return los_fault_set(fault, LOS_E_BYTES, field,
                         "CR, LF and NUL are not allowed");
}

static int
refuse(struct los_fault *fault, const char *field, const char *rule)
{
    return los_fault_set(fault, LOS_E_ARGUMENT, field, rule);
}

static int
is_between(char c, char first, char last)
{
    return c >= first && c <= last;
}

/* What an ASCII character may be part of: a token (RFC 9110), the name of a
 * host, an address of IPv6. */
#define TOKEN   1
#define HOST    2
#define ADDRESS 4

static const unsigned char classes[128] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* controls */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* controls */
    0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 3, 7, 0, /* !"#$%&'()*+,-./ */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 4, 0, 0, 0, 0, 0, /* 0-9 :;<=>? */
    0, 7, 7, 7, 7, 7, 7, 3, 3, 3, 3, 3, 3, 3, 3, 3, /* @ A-O */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 0, 0, 1, 3, /* P-Z [\]^_ */
    1, 7, 7, 7, 7, 7, 7, 3, 3, 3, 3, 3, 3, 3, 3, 3, /* ` a-o */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 0, 1, 0, 1, 0, /* p-z {|}~ DEL */
};

/* How many bytes from the i-th on are of a class. */
static size_t
span(los_str s, size_t i, unsigned char class)
{
    size_t start = i;

    while (i < s.n && (unsigned char)s.p[i] < 128
           && (classes[(unsigned char)s.p[i]] & class))
        i++;
    return i - start;
}

static int
is_method(los_str s)
{
    size_t i = 0;

    while (i < s.n && is_between(s.p[i], 'A', 'Z'))
        i++;
    return i > 0 && i == s.n;
}

/* A name or an IPv4 address, or an IPv6 address in brackets; and a port. The
 * URL is built by hand, so nothing may pass that begins another part of it. */
static int
is_host(los_str s)
{
    int bracket = s.n > 0 && s.p[0] == '[';
    size_t name = bracket ? span(s, 1, ADDRESS) : span(s, 0, HOST);
    size_t i = bracket ? name + 2 : name, port = i + 1;

    if (name == 0 || s.n > HOST_MAX || i > s.n
        || (bracket && s.p[i - 1] != ']'))
        return 0;
    if (i == s.n)
        return 1;
    for (i++; i < s.n && is_between(s.p[i], '0', '9');)
        i++;
    return s.p[port - 1] == ':' && i == s.n && i > port && i <= port + 5;
}

static int
is_bucket(los_str s)
{
    size_t i;

    if (s.n < 3 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return 0;
    for (i = 0; i < s.n; i++)
        if (!is_between(s.p[i], 'a', 'z') && !is_between(s.p[i], '0', '9')
            && s.p[i] != '-')
            return 0;
    return 1;
}

static int
check_target(const struct los_request *r, struct los_fault *fault)
{
    int code;

    if (!is_method(r->method))
        return refuse(fault, "method", "upper-case letters expected");
    if (!los_str_equal(r->scheme, LOS_STR("https"))
        && !los_str_equal(r->scheme, LOS_STR("http")))
        return refuse(fault, "scheme", "http or https expected");
    if (!is_host(r->host))
        return refuse(fault, "host", "a name, or a name and :port, expected");
    if (r->bucket.n > 0 && !is_bucket(r->bucket))
        return refuse(fault, "bucket",
                      "3 to 63 of a-z, 0-9 and - expected, no - at the ends");
    code = los_check_bytes(r->key, "key", fault);
    if (code != LOS_OK || r->key.n == 0)
        return code;
    if (r->bucket.n == 0)
        return refuse(fault, "bucket", "a key needs a bucket");
    if (r->key.n > KEY_MAX || !los_is_utf8(r->key))
        return refuse(fault, "key", "at most 1023 bytes of UTF-8 expected");
    if (r->key.p[0] == '/' || r->key.p[0] == '\\')
        return refuse(fault, "key", "must not begin with / or \\");
    return LOS_OK;
}

static int
check_header(const struct los_pair *h, struct los_fault *fault)
{
    int code;

    if (h->name.n == 0 || span(h->name, 0, TOKEN) != h->name.n)
        return refuse(fault, "headers", "a name is empty or not a token");
    code = los_check_bytes(h->value, "header", fault);
    if (code == LOS_OK && los_str_is_named(h->name, LOS_STR("host")))
        code = refuse(fault, "header", "stands in the field host already");
    if (code != LOS_OK && fault != NULL)
        fault->name = h->name;
    return code;
}

int
los_request_check(const struct los_request *r, struct los_fault *fault)
{
    int code = check_target(r, fault);
    size_t i;

    if (code != LOS_OK)
        return code;
    if (r->query_count > LOS_PAIRS_MAX)
        return los_fault_set(fault, LOS_E_LIMIT, "query", "too many");
    if (r->header_count > LOS_PAIRS_MAX)
        return los_fault_set(fault, LOS_E_LIMIT, "headers", "too many");
    for (i = 0; i < r->query_count && code == LOS_OK; i++) {
        code = los_check_bytes(r->query[i].name, "query", fault);
        if (code == LOS_OK)
            code = los_check_bytes(r->query[i].value, "query", fault);
        if (code == LOS_OK && r->query[i].name.n == 0)
            code = refuse(fault, "query", "a name is empty");
    }
    for (i = 0; i < r->header_count && code == LOS_OK; i++)
        code = check_header(&r->headers[i], fault);
    return code;
}

/* ---- the wire form */

void
los_add_origin(struct los_buf *out, const struct los_request *r)
{
    los_buf_add_str(out, r->scheme);
    los_buf_add_str(out, LOS_STR("://"));
    los_buf_add_str(out, r->host);
}

void
los_add_resource(struct los_buf *out, const struct los_request *r)
{
    los_buf_add_char(out, '/');
    if (r->bucket.n == 0)
        return;
    los_buf_add_str(out, r->bucket);
    los_buf_add_char(out, '/');
    los_add_percent(out, r->key, 1);
}

los_str
los_url_path(los_str resource, const struct los_request *r)
{
    size_t skip = r->path_style || r->bucket.n == 0 ? 0 : r->bucket.n + 1;

    return los_str_of(resource.p + skip, resource.n - skip);
}

void
los_add_target(struct los_buf *out, const struct los_request *r)
{
    los_add_origin(out, r);
    if (r->path_style && r->bucket.n > 0) {
        los_buf_add_char(out, '/');
        los_buf_add_str(out, r->bucket);
    }
    los_buf_add_char(out, '/');
    los_add_percent(out, r->key, 1);
}

void
los_add_parameter(struct los_buf *out, char *mark, los_str name, los_str value)
{
    los_buf_add_char(out, *mark);
    *mark = '&';
    los_add_percent(out, name, 0);
    if (value.n == 0)
        return;
    los_buf_add_char(out, '=');
    los_add_percent(out, value, 0);
}

void
los_add_header(struct los_buf *out, los_str name, los_str value)
{
    char *to;

    value = los_str_trim(value);
    to = los_buf_extend(out, name.n + value.n + 4);
    if (to == NULL)
        return;
    memcpy(to, name.p, name.n);
    to += name.n;
    *to++ = ':';
    *to++ = ' ';
    memcpy(to, value.p, value.n);
    to += value.n;
    *to++ = '\r';
    *to = '\n';
}

int
los_request_render(const struct los_request *r, struct los_buf *url,
                   struct los_buf *head, struct los_fault *fault)
{
    int code = los_request_check(r, fault);
    char mark = '?';
    size_t i;

    if (code != LOS_OK)
        return code;
    los_add_target(url, r);
    for (i = 0; i < r->query_count; i++)
        los_add_parameter(url, &mark, r->query[i].name, r->query[i].value);
    for (i = 0; i < r->header_count; i++)
        los_add_header(head, r->headers[i].name, r->headers[i].value);
    code = los_buf_error(url) != LOS_OK ? los_buf_error(url)
                                        : los_buf_error(head);
    return los_fault_set(fault, code, NULL, NULL);
}
