/* From a request to its signature: what both versions share. */
#include "core/sign/signer.h"
#include "core/encode.h"
#include "core/err.h"

#define LONGEST 253402300799 /* of a V1 URL: no sum overflows, no more */

/* ---- small tools */

int
los_sign_order(los_str a, los_str b)
{
    int c = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return c != 0 ? c : a.n < b.n ? -1 : a.n > b.n;
}

void
los_sorted_add(struct los_sorted *list, los_str name, los_str value)
{
    size_t i = list->n++;

    for (; i > 0 && los_sign_order(list->at[i - 1].name, name) > 0; i--)
        list->at[i] = list->at[i - 1];
    list->at[i].name = name;
    list->at[i].value = value;
}

int
los_is_one_of(los_str name, const los_str *list, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (los_str_equal(name, list[i]))
            return 1;
    return 0;
}

int
los_sign_reserve(struct los_buf *b, size_t n)
{
    los_buf_reset(b);
    los_buf_extend(b, n);
    los_buf_truncate(b, 0);
    return los_buf_error(b);
}

los_str
los_sign_lower(struct los_buf *b, los_str name)
{
    char *to = los_buf_extend(b, name.n);
    size_t i;

    if (to == NULL)
        return los_str_of(NULL, 0);
    for (i = 0; i < name.n; i++) {
        char c = name.p[i];

        to[i] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    return los_str_of(to, name.n);
}

/* ---- use */

int
los_sign_buffers(const struct los_signer *s)
{
    const struct los_buf *const all[] = {
        &s->names, &s->listed, &s->canonical, &s->to_sign,
        &s->url,   &s->head,   &s->signature, &s->authorization,
    };
    size_t i;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (los_buf_error(all[i]) != LOS_OK)
            return los_buf_error(all[i]);
    return LOS_OK;
}

int
los_sign_text(struct los_signer *s, los_str text)
{
    unsigned char raw[LOS_DIGEST_MAX];
    los_str bytes = los_str_of((char *)raw, los_digest_size(s->mac));
    int code = los_digest_begin(s->mac);

    if (code == LOS_OK)
        code = los_digest_add(s->mac, text);
    if (code == LOS_OK)
        code = los_digest_end(s->mac, raw);
    if (code != LOS_OK)
        return code;
    los_buf_reset(&s->signature);
    if (s->version == LOS_SIGN_V4)
        los_add_hex(&s->signature, bytes);
    else
        los_add_base64(&s->signature, bytes);
    return los_buf_error(&s->signature);
}

void
los_sign_add_headers(struct los_buf *out, const struct los_sorted *h)
{
    size_t i;

    for (i = 0; i < h->n; i++) {
        los_str name = h->at[i].name, value = h->at[i].value;
        char *to;

        if (i > 0 && los_str_equal(name, h->at[i - 1].name)) {
            los_buf_truncate(out, out->n - 1); /* the line goes on */
            los_buf_add_char(out, ',');
            name.n = 0;
        }
        to = los_buf_extend(out, name.n + (name.n > 0) + value.n + 1);
        if (to == NULL)
            return;
        memcpy(to, name.p, name.n);
        to += name.n;
        if (name.n > 0)
            *to++ = ':';
        memcpy(to, value.p, value.n);
        to[value.n] = '\n';
    }
}

static int
sign(struct los_signer *s, const struct los_signing *job,
     struct los_signed *out, struct los_fault *fault)
{
    int code = los_request_check(job->request, fault);

    if (code != LOS_OK)
        return code;
    los_buf_reset(&s->listed);
    los_buf_reset(&s->canonical);
    los_buf_reset(&s->to_sign);
    los_buf_reset(&s->url);
    los_buf_reset(&s->head);
    los_buf_reset(&s->authorization);
    s->headers.n = 0;
    s->query.n = 0;
    los_fault_set(fault, LOS_OK, NULL, NULL);
    code = s->version == LOS_SIGN_V4 ? los_sign_v4(s, job, fault)
                                     : los_sign_v1(s, job, fault);
    if (s->authorization.n > 0)
        los_add_header(&s->head, LOS_STR("Authorization"),
                       los_buf_str(&s->authorization));
    if (code == LOS_OK)
        code = los_sign_buffers(s);
    if (code != LOS_OK)
        return code;
    out->url = los_buf_str(&s->url);
    out->head = los_buf_str(&s->head);
    out->canonical_request = los_buf_str(&s->canonical);
    out->string_to_sign = los_buf_str(&s->to_sign);
    out->signature = los_buf_str(&s->signature);
    out->authorization = los_buf_str(&s->authorization);
    return LOS_OK;
}

int
los_signer_sign(struct los_signer *s, const struct los_request *r, int64_t now,
                struct los_signed *out, struct los_fault *fault)
{
    struct los_signing job;

    job.request = r;
    job.now = now;
    job.expires = 0;
    return sign(s, &job, out, fault);
}

int
los_signer_presign(struct los_signer *s, const struct los_request *r,
                   int64_t now, int64_t expires, struct los_signed *out,
                   struct los_fault *fault)
{
    struct los_signing job;

    if (expires < 1)
        return los_fault_set(fault, LOS_E_ARGUMENT, "expires",
                             "at least 1 second expected");
    if (s->version == LOS_SIGN_V4 && expires > LOS_EXPIRES_MAX)
        return los_fault_set(fault, LOS_E_ARGUMENT, "expires",
                             "at most 604800 seconds (7 days) expected");
    if (expires > LONGEST)
        return los_fault_set(fault, LOS_E_ARGUMENT, "expires",
                             "too far in the future");
    job.request = r;
    job.now = now;
    job.expires = expires;
    return sign(s, &job, out, fault);
}

int
los_signer_policy(struct los_signer *s, los_str policy, int64_t now,
                  los_str *signature, struct los_fault *fault)
{
    int code = LOS_OK;

    los_fault_set(fault, LOS_OK, NULL, NULL);
    if (s->version == LOS_SIGN_V4)
        code = los_sign_day(s, now, fault);
    if (code == LOS_OK)
        code = los_sign_text(s, policy);
    if (code == LOS_OK)
        *signature = los_buf_str(&s->signature);
    return code;
}

int
los_signer_credential(struct los_signer *s, int64_t now, los_str *credential,
                      struct los_fault *fault)
{
    int code;

    if (s->version != LOS_SIGN_V4)
        return los_fault_set(fault, LOS_E_ARGUMENT, "version",
                             "only V4 has a credential");
    los_fault_set(fault, LOS_OK, NULL, NULL);
    code = los_sign_day(s, now, fault);
    if (code == LOS_OK)
        *credential = los_buf_str(&s->credential);
    return code;
}
