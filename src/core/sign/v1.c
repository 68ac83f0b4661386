/* Version 1: base64(HMAC-SHA1(secret, string to sign)), where the string is
 *
 *   method, Content-MD5, Content-Type, date, "\n" behind each
 *   x-oss-name:value "\n" for each such header, sorted
 *   /bucket/key?sub-resources, raw and sorted by name */
#include "core/date.h"
#include "core/encode.h"
#include "core/err.h"
#include "core/sign/signer.h"

/* Query parameters that are part of the resource, in the order of ASCII; so
 * is everything that begins with x-oss-. */
static const char *const sub_resources[] = {
    "accessPoint",
    "accessPointPolicy",
    "acl",
    "append",
    "asyncFetch",
    "bucketArchiveDirectRead",
    "bucketInfo",
    "callback",
    "callback-var",
    "cloudboxes",
    "cname",
    "comp",
    "continuation-token",
    "cors",
    "delete",
    "encryption",
    "endTime",
    "httpsConfig",
    "img",
    "inventory",
    "inventoryId",
    "lifecycle",
    "live",
    "location",
    "logging",
    "metaQuery",
    "objectMeta",
    "partNumber",
    "policy",
    "policyStatus",
    "position",
    "processConfiguration",
    "publicAccessBlock",
    "qos",
    "qosInfo",
    "redundancyTransition",
    "referer",
    "regionList",
    "replication",
    "replicationLocation",
    "replicationProgress",
    "requestPayment",
    "resourceGroup",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "seal",
    "security-token",
    "sequential",
    "startTime",
    "stat",
    "status",
    "style",
    "styleName",
    "symlink",
    "tagging",
    "transferAcceleration",
    "udf",
    "udfApplication",
    "udfApplicationLog",
    "udfImage",
    "udfImageDesc",
    "udfName",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "vip",
    "vod",
    "vpcip",
    "website",
    "worm",
    "wormExtend",
    "wormId",
};

static int
is_sub_resource(los_str name)
{
    size_t low = 0, high = sizeof(sub_resources) / sizeof(sub_resources[0]);

    if (los_str_starts(name, LOS_STR("x-oss-")))
        return 1;
    while (low < high) {
        size_t middle = (low + high) / 2, n = strlen(sub_resources[middle]);
        int c = memcmp(name.p, sub_resources[middle], name.n < n ? name.n : n);

        if (c == 0 && name.n == n)
            return 1;
        if (c < 0 || (c == 0 && name.n < n))
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

static int
is_own_parameter(los_str name)
{
    return los_str_equal(name, LOS_STR("OSSAccessKeyId"))
           || los_str_equal(name, LOS_STR("Expires"))
           || los_str_equal(name, LOS_STR("Signature"))
           || los_str_equal(name, LOS_STR("security-token"));
}

/* ---- gathering */

/* The headers that stand in the string to sign by themselves. */
struct lines {
    los_str md5, type;
    los_str date, oss_date; /* as the request has them; empty = absent */
};

static int
reserve_names(struct los_signer *s, const struct los_request *r)
{
    size_t n = 0, i;

    for (i = 0; i < r->header_count; i++)
        n += r->headers[i].name.n;
    return los_sign_reserve(&s->names, n);
}

static void
gather_headers(struct los_signer *s, const struct los_signing *job,
               struct lines *found)
{
    const struct los_request *r = job->request;
    los_str token = LOS_STR("x-oss-security-token");
    size_t i;

    memset(found, 0, sizeof(*found));
    for (i = 0; i < r->header_count; i++) {
        los_str lower = los_sign_lower(&s->names, r->headers[i].name);
        los_str value = los_str_trim(r->headers[i].value);

        if (los_str_equal(lower, token)
            || los_str_equal(lower, LOS_STR("authorization")))
            continue;
        los_add_header(&s->head, r->headers[i].name, value);
        if (los_str_starts(lower, LOS_STR("x-oss-")))
            los_sorted_add(&s->headers, lower, value);
        if (los_str_equal(lower, LOS_STR("content-md5")))
            found->md5 = value;
        else if (los_str_equal(lower, LOS_STR("content-type")))
            found->type = value;
        else if (los_str_equal(lower, LOS_STR("date")))
            found->date = value;
        else if (los_str_equal(lower, LOS_STR("x-oss-date")))
            found->oss_date = value;
    }
    if (s->token.n > 0 && job->expires == 0) {
        los_sorted_add(&s->headers, token, s->token);
        los_add_header(&s->head, token, s->token);
    }
}

static void
gather_query(struct los_signer *s, const struct los_signing *job)
{
    const struct los_request *r = job->request;
    size_t i;

    for (i = 0; i < r->query_count; i++) {
        los_str name = r->query[i].name;

        if (job->expires > 0 && is_own_parameter(name))
            continue;
        if (is_sub_resource(name))
            los_sorted_add(&s->query, name, r->query[i].value);
    }
    if (job->expires > 0 && s->token.n > 0)
        los_sorted_add(&s->query, LOS_STR("security-token"), s->token);
}

/* The text of the date line, and the header for it when there is none. */
static int
add_date(struct los_signer *s, const struct los_signing *job,
         const struct lines *found, struct los_fault *fault)
{
    char date[LOS_DATE_HTTP_SIZE];
    los_str text = los_str_of(date, sizeof(date));
    int code = los_date_http(job->now, date);

    if (code != LOS_OK)
        return los_fault_set(fault, code, "now",
                             "seconds since 1970 expected");
    if (job->expires > 0) {
        los_buf_add_u64(&s->to_sign, (uint64_t)(job->now + job->expires));
        return LOS_OK;
    }
    if (found->oss_date.n > 0)
        text = found->oss_date;
    else if (found->date.n > 0)
        text = found->date;
    else
        los_add_header(&s->head, LOS_STR("Date"), text);
    los_buf_add_str(&s->to_sign, text);
    return LOS_OK;
}

/* ---- writing */

static void
add_resource(struct los_signer *s, const struct los_request *r)
{
    struct los_buf *out = &s->to_sign;
    size_t i;

    los_buf_add_char(out, '/');
    if (r->bucket.n > 0) {
        los_buf_add_str(out, r->bucket);
        los_buf_add_char(out, '/');
        los_buf_add_str(out, r->key);
    }
    for (i = 0; i < s->query.n; i++) {
        los_buf_add_char(out, i == 0 ? '?' : '&');
        los_buf_add_str(out, s->query.at[i].name);
        if (s->query.at[i].value.n > 0) {
            los_buf_add_char(out, '=');
            los_buf_add_str(out, s->query.at[i].value);
        }
    }
}

static int
add_string_to_sign(struct los_signer *s, const struct los_signing *job,
                   const struct lines *found, struct los_fault *fault)
{
    struct los_buf *out = &s->to_sign;
    int code;

    los_buf_add_str(out, job->request->method);
    los_buf_add_char(out, '\n');
    los_buf_add_str(out, found->md5);
    los_buf_add_char(out, '\n');
    los_buf_add_str(out, found->type);
    los_buf_add_char(out, '\n');
    code = add_date(s, job, found, fault);
    los_buf_add_char(out, '\n');
    los_sign_add_headers(out, &s->headers);
    add_resource(s, job->request);
    return code != LOS_OK ? code : los_buf_error(out);
}

static void
add_url(struct los_signer *s, const struct los_signing *job)
{
    const struct los_request *r = job->request;
    struct los_buf *out = &s->url;
    char mark = '?';
    size_t i;

    los_add_target(out, r);
    for (i = 0; i < r->query_count; i++)
        if (job->expires == 0 || !is_own_parameter(r->query[i].name))
            los_add_parameter(out, &mark, r->query[i].name, r->query[i].value);
    if (job->expires == 0)
        return;
    los_add_parameter(out, &mark, LOS_STR("OSSAccessKeyId"), s->id);
    los_buf_add_str(out, LOS_STR("&Expires="));
    los_buf_add_u64(out, (uint64_t)(job->now + job->expires));
    if (s->token.n > 0)
        los_add_parameter(out, &mark, LOS_STR("security-token"), s->token);
    los_add_parameter(out, &mark, LOS_STR("Signature"),
                      los_buf_str(&s->signature));
}

static void
add_authorization(struct los_signer *s)
{
    struct los_buf *out = &s->authorization;

    los_buf_add_str(out, LOS_STR("OSS "));
    los_buf_add_str(out, s->id);
    los_buf_add_char(out, ':');
    los_buf_add_str(out, los_buf_str(&s->signature));
}

int
los_sign_v1(struct los_signer *s, const struct los_signing *job,
            struct los_fault *fault)
{
    struct lines found;
    int code = reserve_names(s, job->request);

    if (code != LOS_OK)
        return code;
    gather_headers(s, job, &found);
    gather_query(s, job);
    code = add_string_to_sign(s, job, &found, fault);
    if (code == LOS_OK)
        code = los_sign_text(s, los_buf_str(&s->to_sign));
    if (code != LOS_OK)
        return code;
    add_url(s, job);
    if (job->expires == 0)
        add_authorization(s);
    return LOS_OK;
}
