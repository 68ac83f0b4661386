/* RSA on libcrypto, for its APIs 1.1 and 3. To check the old half with a new
 * library, compile with -DLOS_OPENSSL_1_1 and -DOPENSSL_SUPPRESS_DEPRECATED.
 * Failures leave nothing in the thread's error queue, which the TLS code of a
 * host reads. */
#include "crypto/rsa.h"
#include "core/digest.h"
#include "core/err.h"

#include <openssl/opensslv.h>
#if OPENSSL_VERSION_NUMBER < 0x30000000L
#define LOS_OPENSSL_1_1
#endif
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#ifndef LOS_OPENSSL_1_1
#include <openssl/core_names.h>
#endif

#define PEM_MAX   65536
#define BYTES_MAX (LOS_RSA_BITS_MAX / 8)
#define MD5_SIZE  16

/* DigestInfo of MD5, up to the digest. */
static const unsigned char md5_info[] = {
    0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 0x10,
};

/* An encrypted key would make libcrypto ask for its password on the terminal.
 */
static int
no_password(char *to, int size, int writing, void *unused)
{
    (void)to;
    (void)size;
    (void)writing;
    (void)unused;
    return -1;
}

/* NULL when the text is not a key that we take. */
static EVP_PKEY *
read_key(los_str pem, int is_private)
{
    EVP_PKEY *key = NULL;
    BIO *bio;

    if (pem.n == 0 || pem.n > PEM_MAX)
        return NULL;
    bio = BIO_new_mem_buf(pem.p, (int)pem.n);
    if (bio == NULL)
        return NULL;
#ifdef LOS_OPENSSL_1_1
    key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL)
                     : PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
#else
    key = is_private ? PEM_read_bio_PrivateKey_ex(bio, NULL, no_password, NULL,
                                                  NULL, "-fips")
                     : PEM_read_bio_PUBKEY_ex(bio, NULL, no_password, NULL,
                                              NULL, "-fips");
#endif
    BIO_free(bio);
    if (key != NULL
        && (EVP_PKEY_base_id(key) != EVP_PKEY_RSA
            || EVP_PKEY_bits(key) < LOS_RSA_BITS_MIN
            || EVP_PKEY_bits(key) > LOS_RSA_BITS_MAX)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static size_t
key_size(const EVP_PKEY *key)
{
    return ((size_t)EVP_PKEY_bits(key) + 7) / 8;
}

/* 00 01 ff .. ff 00 DigestInfo digest, as long as the key. */
static int
pad(los_str data, unsigned char *block, size_t size)
{
    size_t info = size - MD5_SIZE - sizeof(md5_info);
    struct los_digest *d;
    int code = los_digest_new(&d, LOS_MD5);

    if (code != LOS_OK)
        return code;
    memset(block, 0xff, size);
    block[0] = 0;
    block[1] = 1;
    block[info - 1] = 0;
    memcpy(block + info, md5_info, sizeof(md5_info));
    code = los_digest_begin(d);
    if (code == LOS_OK)
        code = los_digest_add(d, data);
    if (code == LOS_OK)
        code = los_digest_end(d, block + size - MD5_SIZE);
    los_digest_free(d);
    return code;
}

/* ---- checking */

#ifdef LOS_OPENSSL_1_1

static int
get_numbers(EVP_PKEY *key, BIGNUM **n, BIGNUM **e)
{
    const BIGNUM *modulus, *exponent;

    RSA_get0_key(EVP_PKEY_get0_RSA(key), &modulus, &exponent, NULL);
    *n = BN_dup(modulus);
    *e = BN_dup(exponent);
    return *n != NULL && *e != NULL;
}

#else

static int
get_numbers(EVP_PKEY *key, BIGNUM **n, BIGNUM **e)
{
    return EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, n)
           && EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, e);
}

#endif

/* block = signature ^ e mod n. Returns 1, or 0 when the signature is out of
 * range, or a negative code. A key with an even modulus or a huge exponent is
 * an attack on our time. */
static int
open_signature(EVP_PKEY *key, los_str signature, unsigned char *block)
{
    BIGNUM *n = NULL, *e = NULL, *s = NULL;
    BN_CTX *ctx = BN_CTX_new();
    int result = LOS_E_CRYPTO;

    if (ctx == NULL || !get_numbers(key, &n, &e))
        goto out;
    if (!BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e)
        || BN_num_bits(e) > 64) {
        result = LOS_E_ARGUMENT;
        goto out;
    }
    s = BN_bin2bn((const unsigned char *)signature.p, (int)signature.n, NULL);
    if (s == NULL)
        goto out;
    if (BN_cmp(s, n) >= 0)
        result = 0;
    else if (BN_mod_exp(s, s, e, n, ctx)
             && BN_bn2binpad(s, block, (int)key_size(key)) > 0)
        result = 1;
out:
    BN_free(s);
    BN_free(n);
    BN_free(e);
    BN_CTX_free(ctx);
    return result;
}

int
los_rsa_verify_md5(los_str public_pem, los_str data, los_str signature,
                   int *valid)
{
    unsigned char want[BYTES_MAX], have[BYTES_MAX];
    EVP_PKEY *key = read_key(public_pem, 0);
    int code = LOS_E_ARGUMENT, opened = 0;
    size_t size = 0;

    if (key != NULL) {
        size = key_size(key);
        code = pad(data, want, size);
        if (code == LOS_OK && signature.n == size)
            opened = open_signature(key, signature, have);
        if (opened < 0)
            code = opened;
    }
    EVP_PKEY_free(key);
    if (code != LOS_OK) {
        ERR_clear_error();
        return code;
    }
    *valid = opened
             && los_equal_secret(los_str_of((char *)want, size),
                                 los_str_of((char *)have, size));
    return LOS_OK;
}

/* ---- signing */

int
los_rsa_sign_md5(los_str private_pem, los_str data, struct los_buf *out)
{
    unsigned char block[BYTES_MAX], signature[BYTES_MAX];
    EVP_PKEY *key = read_key(private_pem, 1);
    EVP_PKEY_CTX *ctx = NULL;
    size_t size, length = sizeof(signature);
    int code = LOS_E_ARGUMENT;

    if (key == NULL)
        goto out;
    size = key_size(key);
    code = pad(data, block, size);
    if (code != LOS_OK)
        goto out;
    code = LOS_E_CRYPTO;
    ctx = EVP_PKEY_CTX_new(key, NULL);
    if (ctx == NULL || EVP_PKEY_sign_init(ctx) <= 0
        || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) <= 0
        || EVP_PKEY_sign(ctx, signature, &length, block, size) <= 0)
        goto out;
    los_buf_add(out, signature, length);
    code = los_buf_error(out);
out:
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(key);
    if (code != LOS_OK)
        ERR_clear_error();
    return code;
}

static EVP_PKEY *
make_key(int bits)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
    EVP_PKEY *key = NULL;

    if (ctx != NULL
        && (EVP_PKEY_keygen_init(ctx) <= 0
            || EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits) <= 0
            || EVP_PKEY_keygen(ctx, &key) <= 0))
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* Appends the PEM of a key and wipes libcrypto's copy of it. */
static int
write_key(EVP_PKEY *key, int is_private, struct los_buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long size = 0;
    int code = LOS_E_CRYPTO;

    if (bio == NULL)
        return code;
    if (is_private
            ? PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
            : PEM_write_bio_PUBKEY(bio, key))
        size = BIO_get_mem_data(bio, &text);
    if (size > 0) {
        los_buf_add(out, text, (size_t)size);
        los_wipe(text, (size_t)size);
        code = los_buf_error(out);
    }
    BIO_free(bio);
    return code;
}

int
los_rsa_generate(unsigned bits, struct los_buf *private_pem,
                 struct los_buf *public_pem)
{
    EVP_PKEY *key;
    int code;

    if (bits < LOS_RSA_BITS_MIN || bits > LOS_RSA_BITS_MAX)
        return LOS_E_ARGUMENT;
    key = make_key((int)bits);
    code = key != NULL ? write_key(key, 1, private_pem) : LOS_E_CRYPTO;
    if (code == LOS_OK)
        code = write_key(key, 0, public_pem);
    EVP_PKEY_free(key);
    if (code != LOS_OK)
        ERR_clear_error();
    return code;
}
