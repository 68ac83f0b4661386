/* The digest port on libcrypto, for its APIs 1.1 and 3. To check the old half
 * with a new library, compile with -DLOS_OPENSSL_1_1 and
 * -DOPENSSL_SUPPRESS_DEPRECATED. */
#include "core/digest.h"
#include "core/alloc.h"
#include "core/err.h"

#include <limits.h>
#include <openssl/opensslv.h>
#if OPENSSL_VERSION_NUMBER < 0x30000000L
#define LOS_OPENSSL_1_1
#endif
#include <openssl/err.h>
#include <openssl/evp.h>
#ifdef LOS_OPENSSL_1_1
#include <openssl/hmac.h>
#else
#include <openssl/core_names.h>
#include <openssl/params.h>
#endif

struct los_digest {
    enum los_digest_kind kind;
    int keyed; /* a key was set */
    int open;  /* inside of a message */
    EVP_MD_CTX *plain;
#ifdef LOS_OPENSSL_1_1
    const EVP_MD *md;
    HMAC_CTX *mac;
#else
    EVP_MD *md;
    EVP_MAC_CTX *mac;
#endif
};

static int
is_mac(const struct los_digest *d)
{
    return d->kind == LOS_HMAC_SHA1 || d->kind == LOS_HMAC_SHA256;
}

size_t
los_digest_size(const struct los_digest *d)
{
    return d->kind == LOS_MD5 ? 16 : d->kind == LOS_HMAC_SHA1 ? 20 : 32;
}

/* ---- the half that differs */

#ifdef LOS_OPENSSL_1_1

static int
acquire(struct los_digest *d)
{
    d->md = d->kind == LOS_MD5         ? EVP_md5()
            : d->kind == LOS_HMAC_SHA1 ? EVP_sha1()
                                       : EVP_sha256();
    if (is_mac(d))
        d->mac = HMAC_CTX_new();
    else
        d->plain = EVP_MD_CTX_new();
    return d->mac != NULL || d->plain != NULL;
}

static void
release(struct los_digest *d)
{
    HMAC_CTX_free(d->mac);
    EVP_MD_CTX_free(d->plain);
}

static int
mac_key(struct los_digest *d, los_str key)
{
    return HMAC_Init_ex(d->mac, key.p, (int)key.n, d->md, NULL);
}

static int
mac_begin(struct los_digest *d)
{
    return HMAC_Init_ex(d->mac, NULL, 0, NULL, NULL);
}

static int
mac_add(struct los_digest *d, los_str data)
{
    return HMAC_Update(d->mac, (const unsigned char *)data.p, data.n);
}

static int
mac_end(struct los_digest *d, unsigned char *out)
{
    return HMAC_Final(d->mac, out, NULL);
}

#else

static EVP_MAC_CTX *
new_mac(const char *digest)
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
    EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
    OSSL_PARAM params[2];
    char name[8];

    EVP_MAC_free(mac); /* the context holds its own reference */
    memcpy(name, digest, strlen(digest) + 1);
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
    params[1] = OSSL_PARAM_construct_end();
    if (ctx != NULL && !EVP_MAC_CTX_set_params(ctx, params)) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

/* MD5 is a checksum here, not a protection, so "-fips": a machine that asks
 * for approved algorithms by default gives it all the same. */
static int
acquire(struct los_digest *d)
{
    if (is_mac(d)) {
        d->mac = new_mac(d->kind == LOS_HMAC_SHA1 ? "SHA1" : "SHA256");
        return d->mac != NULL;
    }
    d->md = d->kind == LOS_MD5 ? EVP_MD_fetch(NULL, "MD5", "-fips")
                               : EVP_MD_fetch(NULL, "SHA256", NULL);
    d->plain = EVP_MD_CTX_new();
    return d->md != NULL && d->plain != NULL;
}

static void
release(struct los_digest *d)
{
    EVP_MAC_CTX_free(d->mac);
    EVP_MD_CTX_free(d->plain);
    EVP_MD_free(d->md);
}

static int
mac_key(struct los_digest *d, los_str key)
{
    return EVP_MAC_init(d->mac, (const unsigned char *)key.p, key.n, NULL);
}

static int
mac_begin(struct los_digest *d)
{
    return EVP_MAC_init(d->mac, NULL, 0, NULL);
}

static int
mac_add(struct los_digest *d, los_str data)
{
    return EVP_MAC_update(d->mac, (const unsigned char *)data.p, data.n);
}

static int
mac_end(struct los_digest *d, unsigned char *out)
{
    return EVP_MAC_final(d->mac, out, NULL, los_digest_size(d));
}

#endif

/* ---- the port */

/* Leaves nothing in the thread's error queue: the TLS code of a host (nginx)
 * reads that queue and would take our failure for its own. */
static int
result(int success)
{
    if (success)
        return LOS_OK;
    ERR_clear_error();
    return LOS_E_CRYPTO;
}

int
los_digest_new(struct los_digest **out, enum los_digest_kind kind)
{
    struct los_digest *d = los_malloc(sizeof(*d));

    if (d == NULL)
        return LOS_E_MEMORY;
    memset(d, 0, sizeof(*d));
    d->kind = kind;
    if (!acquire(d)) {
        los_digest_free(d);
        return result(0);
    }
    *out = d;
    return LOS_OK;
}

void
los_digest_free(struct los_digest *d)
{
    if (d == NULL)
        return;
    release(d); /* libcrypto wipes the key and the state */
    los_free(d);
}

int
los_digest_key(struct los_digest *d, los_str key)
{
    if (!is_mac(d) || key.n > INT_MAX)
        return LOS_E_ARGUMENT;
    d->keyed = d->open = mac_key(d, key);
    return result(d->keyed);
}

int
los_digest_begin(struct los_digest *d)
{
    if (is_mac(d) && !d->keyed)
        return LOS_E_ARGUMENT;
    d->open =
        is_mac(d) ? mac_begin(d) : EVP_DigestInit_ex(d->plain, d->md, NULL);
    return result(d->open);
}

int
los_digest_add(struct los_digest *d, los_str data)
{
    if (!d->open)
        return LOS_E_ARGUMENT;
    return result(is_mac(d) ? mac_add(d, data)
                            : EVP_DigestUpdate(d->plain, data.p, data.n));
}

int
los_digest_end(struct los_digest *d, unsigned char *out)
{
    if (!d->open)
        return LOS_E_ARGUMENT;
    d->open = 0;
    return result(is_mac(d) ? mac_end(d, out)
                            : EVP_DigestFinal_ex(d->plain, out, NULL));
}
