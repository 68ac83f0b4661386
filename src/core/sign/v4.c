/* OSS4-HMAC-SHA256. Text by text, "\n" between them:
 *
 *   canonical request          string to sign
 *     method                     OSS4-HMAC-SHA256
 *     /bucket/key                20231216T162057Z
 *     sorted query               20231216/cn-hangzhou/oss/aliyun_v4_request
 *     sorted headers, "\n"       hex(sha256(canonical request))
 *     additional headers
 *     UNSIGNED-PAYLOAD */
#include "core/encode.h"
#include "core/err.h"
#include "core/sign/signer.h"

#define ALGORITHM LOS_STR("OSS4-HMAC-SHA256")
#define PAYLOAD   LOS_STR("UNSIGNED-PAYLOAD")
#define DATE_SIZE 8 /* of "20231216" */

/* Where the parts lie that the URL shares with the canonical request. */
struct parts {
    size_t resource, query, end;
};

/* ---- the day's key */

static int
mac(struct los_signer *s, los_str key, los_str text, unsigned char *out)
{
    int code = los_digest_key(s->mac, key);

    if (code == LOS_OK)
        code = los_digest_add(s->mac, text);
    return code == LOS_OK ? los_digest_end(s->mac, out) : code;
}

static int
derive(struct los_signer *s, los_str date)
{
    unsigned char raw[LOS_DIGEST_MAX];
    los_str key = los_str_of((char *)raw, LOS_DIGEST_MAX);
    int code = mac(s, s->secret, date, raw);

    if (code == LOS_OK)
        code = mac(s, key, s->region, raw);
    if (code == LOS_OK)
        code = mac(s, key, s->product, raw);
    if (code == LOS_OK)
        code = mac(s, key, LOS_STR("aliyun_v4_request"), raw);
    if (code == LOS_OK)
        code = los_digest_key(s->mac, key);
    los_wipe(raw, sizeof(raw));
    return code;
}

int
los_sign_day(struct los_signer *s, int64_t now, struct los_fault *fault)
{
    struct los_buf *c = &s->credential;
    char date[LOS_DATE_ISO_SIZE];
    int code;

    if (s->day >= 0 && now >= 0 && now / 86400 == s->day)
        return LOS_OK;
    s->day = -1;
    code = los_date_iso(now, date);
    if (code != LOS_OK)
        return los_fault_set(fault, code, "now",
                             "seconds since 1970 expected");
    los_buf_reset(c);
    los_buf_add_str(c, s->id);
    los_buf_add_char(c, '/');
    los_buf_add(c, date, DATE_SIZE);
    los_buf_add_char(c, '/');
    los_buf_add_str(c, s->region);
    los_buf_add_char(c, '/');
    los_buf_add_str(c, s->product);
    los_buf_add_str(c, LOS_STR("/aliyun_v4_request"));
    code = los_buf_error(c);
    if (code == LOS_OK)
        code = derive(s, los_str_of(date, DATE_SIZE));
    if (code == LOS_OK)
        s->day = now / 86400;
    return code;
}

/* Many requests have the same second. */
static int
write_date(struct los_signer *s, int64_t now)
{
    int code = now == s->second ? LOS_OK : los_date_iso(now, s->iso);

    s->second = code == LOS_OK ? now : INT64_MIN;
    return code;
}

static los_str
scope(const struct los_signer *s)
{
    size_t skip = s->id.n + 1;

    return los_str_of(s->credential.p + skip, s->credential.n - skip);
}

/* ---- gathering */

static int
is_signed_anyway(los_str lower)
{
    return los_str_starts(lower, LOS_STR("x-oss-"))
           || los_str_equal(lower, LOS_STR("content-type"))
           || los_str_equal(lower, LOS_STR("content-md5"));
}

static int
is_own_header(los_str lower)
{
    return los_str_equal(lower, LOS_STR("authorization"))
           || los_str_equal(lower, LOS_STR("x-oss-date"))
           || los_str_equal(lower, LOS_STR("x-oss-content-sha256"))
           || los_str_equal(lower, LOS_STR("x-oss-security-token"));
}

static int
is_own_parameter(los_str name)
{
    return los_str_equal(name, LOS_STR("x-oss-signature-version"))
           || los_str_equal(name, LOS_STR("x-oss-credential"))
           || los_str_equal(name, LOS_STR("x-oss-date"))
           || los_str_equal(name, LOS_STR("x-oss-expires"))
           || los_str_equal(name, LOS_STR("x-oss-additional-headers"))
           || los_str_equal(name, LOS_STR("x-oss-security-token"))
           || los_str_equal(name, LOS_STR("x-oss-signature"));
}

static int
reserve_names(struct los_signer *s, const struct los_request *r)
{
    size_t n = 20, i; /* digits of x-oss-expires */

    for (i = 0; i < r->header_count; i++)
        n += r->headers[i].name.n;
    for (i = 0; i < r->query_count; i++)
        n += 3 * r->query[i].name.n;
    return los_sign_reserve(&s->names, n);
}

static void
add_own_header(struct los_signer *s, los_str name, los_str value)
{
    los_sorted_add(&s->headers, name, value);
    los_add_header(&s->head, name, value);
}

static void
gather_headers(struct los_signer *s, const struct los_signing *job,
               los_str date)
{
    const struct los_request *r = job->request;
    size_t i;

    for (i = 0; i < r->header_count; i++) {
        const struct los_pair *h = &r->headers[i];
        los_str lower = los_sign_lower(&s->names, h->name);

        if (is_own_header(lower))
            continue;
        los_add_header(&s->head, h->name, h->value);
        if (is_signed_anyway(lower)
            || los_is_one_of(lower, s->additional, s->additional_count))
            los_sorted_add(&s->headers, lower, los_str_trim(h->value));
    }
    if (los_is_one_of(LOS_STR("host"), s->additional, s->additional_count))
        los_sorted_add(&s->headers, LOS_STR("host"), r->host);
    if (job->expires > 0)
        return;
    add_own_header(s, LOS_STR("x-oss-content-sha256"), PAYLOAD);
    add_own_header(s, LOS_STR("x-oss-date"), date);
    if (s->token.n > 0)
        add_own_header(s, LOS_STR("x-oss-security-token"), s->token);
}

/* Lists those additional headers that the request has. */
static void
list_additional(struct los_signer *s)
{
    los_str last = los_str_of(NULL, 0);
    size_t i;

    for (i = 0; s->additional_count > 0 && i < s->headers.n; i++) {
        los_str name = s->headers.at[i].name;

        if (is_signed_anyway(name) || los_str_equal(name, last))
            continue;
        if (last.n > 0)
            los_buf_add_char(&s->listed, ';');
        los_buf_add_str(&s->listed, name);
        last = name;
    }
}

static void
gather_query(struct los_signer *s, const struct los_signing *job, los_str date)
{
    const struct los_request *r = job->request;
    struct los_sorted *q = &s->query;
    size_t i, at;

    for (i = 0; i < r->query_count; i++) {
        if (job->expires > 0 && is_own_parameter(r->query[i].name))
            continue;
        at = s->names.n;
        los_add_percent(&s->names, r->query[i].name, 0);
        los_sorted_add(q, los_str_of(s->names.p + at, s->names.n - at),
                       r->query[i].value);
    }
    if (job->expires == 0)
        return;
    at = s->names.n;
    los_buf_add_u64(&s->names, (uint64_t)job->expires);
    los_sorted_add(q, LOS_STR("x-oss-expires"),
                   los_str_of(s->names.p + at, s->names.n - at));
    los_sorted_add(q, LOS_STR("x-oss-signature-version"), ALGORITHM);
    los_sorted_add(q, LOS_STR("x-oss-credential"),
                   los_buf_str(&s->credential));
    los_sorted_add(q, LOS_STR("x-oss-date"), date);
    if (s->listed.n > 0)
        los_sorted_add(q, LOS_STR("x-oss-additional-headers"),
                       los_buf_str(&s->listed));
    if (s->token.n > 0)
        los_sorted_add(q, LOS_STR("x-oss-security-token"), s->token);
}

/* ---- writing */

static void
add_query(struct los_buf *out, const struct los_sorted *q)
{
    size_t i;

    for (i = 0; i < q->n; i++) {
        if (i > 0)
            los_buf_add_char(out, '&');
        los_buf_add_str(out, q->at[i].name);
        if (q->at[i].value.n > 0) {
            los_buf_add_char(out, '=');
            los_add_percent(out, q->at[i].value, 0);
        }
    }
}

static void
add_canonical(struct los_signer *s, const struct los_request *r,
              struct parts *at)
{
    struct los_buf *out = &s->canonical;

    los_buf_add_str(out, r->method);
    los_buf_add_char(out, '\n');
    at->resource = out->n;
    los_add_resource(out, r);
    los_buf_add_char(out, '\n');
    at->query = out->n;
    add_query(out, &s->query);
    at->end = out->n;
    los_buf_add_char(out, '\n');
    los_sign_add_headers(out, &s->headers);
    los_buf_add_char(out, '\n');
    los_buf_add_str(out, los_buf_str(&s->listed));
    los_buf_add_char(out, '\n');
    los_buf_add_str(out, PAYLOAD);
}

static int
add_string_to_sign(struct los_signer *s, los_str date)
{
    unsigned char raw[LOS_DIGEST_MAX];
    struct los_buf *out = &s->to_sign;
    int code = los_digest_begin(s->hash);

    if (code == LOS_OK)
        code = los_digest_add(s->hash, los_buf_str(&s->canonical));
    if (code == LOS_OK)
        code = los_digest_end(s->hash, raw);
    if (code != LOS_OK)
        return code;
    los_buf_add_str(out, ALGORITHM);
    los_buf_add_char(out, '\n');
    los_buf_add_str(out, date);
    los_buf_add_char(out, '\n');
    los_buf_add_str(out, scope(s));
    los_buf_add_char(out, '\n');
    los_add_hex(out, los_str_of((char *)raw, sizeof(raw)));
    return los_buf_error(out);
}

static void
add_url(struct los_signer *s, const struct los_signing *job,
        const struct parts *at)
{
    const char *c = s->canonical.p;
    los_str resource =
        los_str_of(c + at->resource, at->query - 1 - at->resource);

    los_add_origin(&s->url, job->request);
    los_buf_add_str(&s->url, los_url_path(resource, job->request));
    if (at->end > at->query) {
        los_buf_add_char(&s->url, '?');
        los_buf_add(&s->url, c + at->query, at->end - at->query);
    }
    if (job->expires == 0)
        return;
    los_buf_add_str(&s->url, LOS_STR("&x-oss-signature="));
    los_buf_add_str(&s->url, los_buf_str(&s->signature));
}

static void
add_authorization(struct los_signer *s)
{
    struct los_buf *out = &s->authorization;

    los_buf_add_str(out, ALGORITHM);
    los_buf_add_str(out, LOS_STR(" Credential="));
    los_buf_add_str(out, los_buf_str(&s->credential));
    if (s->listed.n > 0) {
        los_buf_add_str(out, LOS_STR(",AdditionalHeaders="));
        los_buf_add_str(out, los_buf_str(&s->listed));
    }
    los_buf_add_str(out, LOS_STR(",Signature="));
    los_buf_add_str(out, los_buf_str(&s->signature));
}

int
los_sign_v4(struct los_signer *s, const struct los_signing *job,
            struct los_fault *fault)
{
    const los_str iso = los_str_of(s->iso, sizeof(s->iso));
    struct parts at;
    int code = los_sign_day(s, job->now, fault);

    if (code == LOS_OK)
        code = write_date(s, job->now);
    if (code == LOS_OK)
        code = reserve_names(s, job->request);
    if (code != LOS_OK)
        return code;
    gather_headers(s, job, iso);
    list_additional(s);
    gather_query(s, job, iso);
    add_canonical(s, job->request, &at);
    code = los_sign_buffers(s);
    if (code == LOS_OK)
        code = add_string_to_sign(s, iso);
    if (code == LOS_OK)
        code = los_sign_text(s, los_buf_str(&s->to_sign));
    if (code != LOS_OK)
        return code;
    add_url(s, job, &at);
    if (job->expires == 0)
        add_authorization(s);
    return LOS_OK;
}
