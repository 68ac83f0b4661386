/* The life of a signer. */
#include "core/sign/signer.h"
#include "core/alloc.h"
#include "core/err.h"

static int
check_word(los_str s, const char *field, struct los_fault *fault)
{
    size_t i;

    for (i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return los_fault_set(fault, LOS_E_ARGUMENT, field,
                                 "only a-z, 0-9 and - expected");
    }
    return LOS_OK;
}

static int
check_config(const struct los_signer_config *c, struct los_fault *fault)
{
    int code = los_check_bytes(c->id, "id", fault);
    size_t i;

    if (code == LOS_OK)
        code = los_check_bytes(c->secret, "secret", fault);
    if (code == LOS_OK)
        code = los_check_bytes(c->token, "token", fault);
    if (code != LOS_OK)
        return code;
    if (c->id.n == 0)
        return los_fault_set(fault, LOS_E_ARGUMENT, "id", "is empty");
    if (c->secret.n == 0)
        return los_fault_set(fault, LOS_E_ARGUMENT, "secret", "is empty");
    if (c->version == LOS_SIGN_V1)
        return LOS_OK;
    if (c->region.n == 0)
        return los_fault_set(fault, LOS_E_ARGUMENT, "region", "is empty");
    code = check_word(c->region, "region", fault);
    if (code == LOS_OK)
        code = check_word(c->product, "product", fault);
    if (c->additional_count > LOS_ADDITIONAL_MAX)
        code = los_fault_set(fault, LOS_E_LIMIT, "additional_headers",
                             "too many");
    for (i = 0; i < c->additional_count && code == LOS_OK; i++)
        code = los_check_bytes(c->additional[i], "additional_headers", fault);
    return code;
}

static los_str
keep(struct los_signer *s, los_str value)
{
    size_t at = s->store.n;

    los_buf_add_str(&s->store, value);
    return los_str_of(s->store.p + at, s->store.n - at);
}

/* Headers that are signed anyway must not be listed (protocol). */
static void
keep_additional(struct los_signer *s, los_str given)
{
    los_str name = los_sign_lower(&s->store, los_str_trim(given));
    size_t i;

    if (name.n == 0 || los_str_starts(name, LOS_STR("x-oss-"))
        || los_str_equal(name, LOS_STR("content-type"))
        || los_str_equal(name, LOS_STR("content-md5"))
        || los_is_one_of(name, s->additional, s->additional_count))
        return;
    for (i = s->additional_count++;
         i > 0 && los_sign_order(s->additional[i - 1], name) > 0; i--)
        s->additional[i] = s->additional[i - 1];
    s->additional[i] = name;
}

static int
copy_config(struct los_signer *s, const struct los_signer_config *c)
{
    static const char prefix[] = "aliyun_v4";
    los_str region = c->region, oss = LOS_STR("oss-");
    size_t i, total = sizeof(prefix) + c->id.n + c->secret.n + c->token.n
                      + region.n + c->product.n + 4;

    for (i = 0; i < c->additional_count; i++)
        total += c->additional[i].n;
    if (los_sign_reserve(&s->store, total) != LOS_OK)
        return los_buf_error(&s->store);
    s->version = c->version;
    s->id = keep(s, c->id);
    s->token = keep(s, c->token);
    if (c->version == LOS_SIGN_V1) {
        s->secret = keep(s, c->secret);
        return LOS_OK;
    }
    s->secret = keep(s, LOS_STR("aliyun_v4"));
    s->secret.n += keep(s, c->secret).n;
    if (region.n > oss.n && los_str_starts(region, oss))
        region = los_str_of(region.p + oss.n, region.n - oss.n);
    s->region = keep(s, region);
    s->product = keep(s, c->product.n > 0 ? c->product : LOS_STR("oss"));
    for (i = 0; i < c->additional_count; i++)
        keep_additional(s, c->additional[i]);
    return LOS_OK;
}

static int
acquire_digests(struct los_signer *s)
{
    int code;

    if (s->version == LOS_SIGN_V4) {
        code = los_digest_new(&s->hash, LOS_SHA256);
        return code == LOS_OK ? los_digest_new(&s->mac, LOS_HMAC_SHA256)
                              : code;
    }
    code = los_digest_new(&s->mac, LOS_HMAC_SHA1);
    return code == LOS_OK ? los_digest_key(s->mac, s->secret) : code;
}

int
los_signer_new(struct los_signer **out, const struct los_signer_config *c,
               struct los_fault *fault)
{
    struct los_signer *s;
    int code = check_config(c, fault);

    if (code != LOS_OK)
        return code;
    s = los_malloc(sizeof(*s));
    if (s == NULL)
        return los_fault_set(fault, LOS_E_MEMORY, NULL, NULL);
    memset(s, 0, sizeof(*s));
    s->day = -1;
    s->second = INT64_MIN;
    los_buf_init(&s->store, LOS_REQUEST_MAX);
    los_buf_init(&s->credential, LOS_REQUEST_MAX);
    los_buf_init(&s->names, 4 * LOS_REQUEST_MAX);
    los_buf_init(&s->listed, LOS_REQUEST_MAX);
    los_buf_init(&s->canonical, LOS_REQUEST_MAX);
    los_buf_init(&s->to_sign, LOS_REQUEST_MAX);
    los_buf_init(&s->url, LOS_REQUEST_MAX);
    los_buf_init(&s->head, LOS_REQUEST_MAX);
    los_buf_init(&s->signature, LOS_REQUEST_MAX);
    los_buf_init(&s->authorization, LOS_REQUEST_MAX);
    code = copy_config(s, c);
    if (code == LOS_OK)
        code = acquire_digests(s);
    if (code != LOS_OK) {
        los_signer_free(s);
        return los_fault_set(fault, code, NULL, NULL);
    }
    *out = s;
    return LOS_OK;
}

void
los_signer_free(struct los_signer *s)
{
    if (s == NULL)
        return;
    los_digest_free(s->hash);
    los_digest_free(s->mac);
    los_buf_free(&s->store);
    los_buf_free(&s->credential);
    los_buf_free(&s->names);
    los_buf_free(&s->listed);
    los_buf_free(&s->canonical);
    los_buf_free(&s->to_sign);
    los_buf_free(&s->url);
    los_buf_free(&s->head);
    los_buf_free(&s->signature);
    los_buf_free(&s->authorization);
    los_free(s);
}
