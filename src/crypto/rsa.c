/* RSA on libcrypto, for its APIs 1.1 and 3. Checking goes below them: the
 * numbers of the key are read here and libcrypto only multiplies, so that no
 * policy is asked, and none of version 3's slow decoders either. Failures
 * leave nothing in the thread's error queue, which the TLS code of a host
 * reads. */
#include "crypto/rsa.h"
#include "core/digest.h"
#include "core/err.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#define PEM_MAX   65536
#define BYTES_MAX (LOS_RSA_BITS_MAX / 8)
#define MD5_SIZE  16

/* DigestInfo of MD5, up to the digest. */
static const unsigned char md5_info[] = {
    0x30, 0x20, 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04, 0x10,
};

/* NULL when the text is too long, or when memory is short. */
static BIO *
open_pem(los_str pem)
{
    return pem.n <= PEM_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
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

struct public_key {
    BIGNUM *n, *e;
};

/* Bytes of DER that are still to be read. */
struct der {
    const unsigned char *p, *end;
};

/* Takes the value at the front of `in`, which must have that tag. */
static int
take(struct der *in, int want, struct der *value)
{
    long length;
    int tag, class;
    int form = ASN1_get_object(&in->p, &length, &tag, &class,
                               (long)(in->end - in->p));

    /* 0x80: broken; 1: of indefinite length, which DER does not have */
    if ((form & 0x81) != 0 || class != V_ASN1_UNIVERSAL || tag != want)
        return 0;
    value->p = in->p;
    value->end = in->p + length;
    in->p = value->end;
    return 1;
}

static BIGNUM *
take_integer(struct der *in)
{
    struct der value;

    if (!take(in, V_ASN1_INTEGER, &value) || value.p == value.end
        || value.end - value.p > BYTES_MAX + 1 || (*value.p & 0x80) != 0)
        return NULL;
    return BN_bin2bn(value.p, (int)(value.end - value.p), NULL);
}

/* SubjectPublicKeyInfo (RFC 5280) of rsaEncryption (RFC 8017). */
static int
read_numbers(struct der in, struct public_key *key)
{
    static const unsigned char rsa_encryption[] = {
        0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01,
    };
    struct der info, algorithm, bits, numbers;

    if (!take(&in, V_ASN1_SEQUENCE, &info) || in.p != in.end
        || !take(&info, V_ASN1_SEQUENCE, &algorithm)
        || algorithm.end - algorithm.p < (long)sizeof(rsa_encryption)
        || memcmp(algorithm.p, rsa_encryption, sizeof(rsa_encryption)) != 0
        || !take(&info, V_ASN1_BIT_STRING, &bits) || info.p != info.end
        || bits.p == bits.end || *bits.p++ != 0 /* unused bits */
        || !take(&bits, V_ASN1_SEQUENCE, &numbers) || bits.p != bits.end)
        return 0;
    key->n = take_integer(&numbers);
    key->e = take_integer(&numbers);
    return key->n != NULL && key->e != NULL && numbers.p == numbers.end;
}

/* An even modulus is none; a huge exponent is an attack on our time. */
static int
is_bearable(const struct public_key *key)
{
    return BN_num_bits(key->n) >= LOS_RSA_BITS_MIN
           && BN_num_bits(key->n) <= LOS_RSA_BITS_MAX && BN_is_odd(key->n)
           && BN_is_odd(key->e) && !BN_is_one(key->e)
           && BN_num_bits(key->e) <= 64;
}

static int
read_public(los_str pem, struct public_key *key)
{
    char *name = NULL, *header = NULL;
    unsigned char *data = NULL;
    long size;
    struct der in;
    BIO *bio = open_pem(pem);
    int good = 0;

    if (bio != NULL && PEM_read_bio(bio, &name, &header, &data, &size)) {
        in.p = data;
        in.end = data + size;
        good = strcmp(name, "PUBLIC KEY") == 0 && read_numbers(in, key)
               && is_bearable(key);
    }
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(data);
    BIO_free(bio);
    return good;
}

/* block = signature ^ e mod n. Returns 1, or 0 when the signature is out of
 * range, or a negative code. */
static int
open_signature(const struct public_key *key, los_str signature,
               unsigned char *block)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *s =
        BN_bin2bn((const unsigned char *)signature.p, (int)signature.n, NULL);
    int result = LOS_E_CRYPTO;

    if (ctx != NULL && s != NULL) {
        if (BN_cmp(s, key->n) >= 0)
            result = 0;
        else if (BN_mod_exp(s, s, key->e, key->n, ctx)
                 && BN_bn2binpad(s, block, (int)signature.n) > 0)
            result = 1;
    }
    BN_free(s);
    BN_CTX_free(ctx);
    return result;
}

int
los_rsa_verify_md5(los_str public_pem, los_str data, los_str signature,
                   int *valid)
{
    unsigned char want[BYTES_MAX], have[BYTES_MAX];
    struct public_key key = {NULL, NULL};
    int code = LOS_E_ARGUMENT, opened = 0;
    size_t size = 0;

    if (read_public(public_pem, &key)) {
        size = (size_t)BN_num_bytes(key.n);
        code = pad(data, want, size);
        if (code == LOS_OK && signature.n == size)
            opened = open_signature(&key, signature, have);
        if (opened < 0)
            code = opened;
    }
    BN_free(key.n);
    BN_free(key.e);
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

static EVP_PKEY *
read_private(los_str pem)
{
    BIO *bio = open_pem(pem);
    EVP_PKEY *key = bio != NULL
                        ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL)
                        : NULL;

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

int
los_rsa_sign_md5(los_str private_pem, los_str data, struct los_buf *out)
{
    unsigned char block[BYTES_MAX], signature[BYTES_MAX];
    EVP_PKEY *key = read_private(private_pem);
    EVP_PKEY_CTX *ctx = NULL;
    size_t size, length = sizeof(signature);
    int code = LOS_E_ARGUMENT;

    if (key == NULL)
        goto out;
    size = ((size_t)EVP_PKEY_bits(key) + 7) / 8;
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
