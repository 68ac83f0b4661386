#include "crypto_alloc.h"
#include "core/buf.h"
#include "core/digest.h"
#include "core/encode.h"
#include "crypto/rsa.h"

static struct los_buf text;

static los_str
hex(const unsigned char *raw, size_t n)
{
    los_buf_reset(&text);
    los_add_hex(&text, los_str_of((const char *)raw, n));
    return los_buf_str(&text);
}

static const struct {
    enum los_digest_kind kind;
    const char *key, *data, *want;
} known[] = {
    /* RFC 1321 */
    {LOS_MD5, NULL, "", "d41d8cd98f00b204e9800998ecf8427e"},
    {LOS_MD5, NULL, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
    /* FIPS 180-4 */
    {LOS_SHA256, NULL, "abc",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {LOS_SHA256, NULL, "",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    /* RFC 2202, RFC 4231 */
    {LOS_HMAC_SHA1, "Jefe", "what do ya want for nothing?",
     "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
    {LOS_HMAC_SHA256, "Jefe", "what do ya want for nothing?",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {LOS_HMAC_SHA256,
     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
     "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa"
     "\xaa\xaa\xaa\xaa\xaa",
     "Test Using Larger Than Block-Size Key - Hash Key First",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    /* an empty key is a key */
    {LOS_HMAC_SHA256, "", "",
     "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
};

/* The same object again and again, in pieces of every size. */
static void
test_known(void)
{
    size_t i, piece;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        los_str data = str(known[i].data);
        unsigned char out[LOS_DIGEST_MAX];
        struct los_digest *d;
        int wrong = 0;

        is_int(los_digest_new(&d, known[i].kind), LOS_OK, "digest %d", (int)i);
        if (known[i].key != NULL)
            wrong += los_digest_key(d, str(known[i].key)) != LOS_OK;
        for (piece = 1; piece <= data.n + 1; piece++) {
            size_t at;

            wrong += los_digest_begin(d) != LOS_OK;
            for (at = 0; at < data.n; at += piece)
                wrong += los_digest_add(
                             d, los_str_of(data.p + at, data.n - at < piece
                                                            ? data.n - at
                                                            : piece))
                         != LOS_OK;
            wrong += los_digest_end(
                         d, (unsigned char *)guarded(out, los_digest_size(d)))
                     != LOS_OK;
            los_digest_begin(d);
            los_digest_add(d, data);
            los_digest_end(d, out);
            wrong += !los_str_equal(hex(out, los_digest_size(d)),
                                    str(known[i].want));
        }
        is_int(wrong, 0, "in pieces of each size");
        los_digest_free(d);
    }
}

static void
test_order(void)
{
    unsigned char out[LOS_DIGEST_MAX];
    struct los_digest *d;

    los_digest_new(&d, LOS_HMAC_SHA1);
    is_int(los_digest_begin(d), LOS_E_ARGUMENT, "an HMAC needs a key");
    is_int(los_digest_add(d, LOS_STR("x")), LOS_E_ARGUMENT, "add too early");
    is_int(los_digest_end(d, out), LOS_E_ARGUMENT, "end too early");
    is_int(los_digest_key(d, LOS_STR("k")), LOS_OK, "key");
    is_int(los_digest_add(d, LOS_STR("dropped")), LOS_OK, "add");
    is_int(los_digest_begin(d), LOS_OK, "begin again");
    los_digest_add(d, LOS_STR("d"));
    is_int(los_digest_end(d, out), LOS_OK, "end");
    is_str(hex(out, 20), "2b90e41e7c0cc8e2f75c02910c3899cc468ba316",
           "what was before is dropped");
    is_int(los_digest_end(d, out), LOS_E_ARGUMENT, "end twice");
    los_digest_free(d);
    los_digest_new(&d, LOS_MD5);
    is_int(los_digest_key(d, LOS_STR("k")), LOS_E_ARGUMENT,
           "a plain digest has no key");
    los_digest_free(d);
    los_digest_free(NULL);
}

static int
digest_scenario(void)
{
    struct los_digest *d = NULL;
    unsigned char out[LOS_DIGEST_MAX];
    int code = los_digest_new(&d, LOS_HMAC_SHA256);

    if (code == LOS_OK)
        code = los_digest_key(d, LOS_STR("a key that is a secret"));
    if (code == LOS_OK)
        code = los_digest_add(d, LOS_STR("text"));
    if (code == LOS_OK)
        code = los_digest_end(d, out);
    if (code == LOS_OK)
        code = los_digest_begin(d);
    los_digest_free(d);
    return code;
}

/* ---- RSA */

static const char oss_key[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs\n"
    "C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==\n"
    "-----END PUBLIC KEY-----\n";
static const char message[] = "/index.php?id=1&index=2\nbucket=yonghu-test";
static const char coded[] =
    "kKQeGTRccDKyHB3H9vF+xYMSrmhMZjzzl2/"
    "kdD1ktNVgbWEfYTQG0G2SU/RaHBovRCE8OkQDjC3uG33esH2txA==";

static void
test_rsa(void)
{
    struct los_buf signature, secret, open;
    char modulus[64];
    int valid = 0;

    los_buf_init(&signature, 1000);
    los_buf_init(&secret, 10000);
    los_buf_init(&open, 10000);
    los_add_unbase64(&signature, str(coded));
    is_int(los_rsa_verify_md5(guarded_str(str(oss_key)),
                              guarded_str(str(message)),
                              guarded_str(los_buf_str(&signature)), &valid),
           LOS_OK, "OSS's own example");
    ok(valid, "is right");
    los_rsa_verify_md5(str(oss_key), LOS_STR("x"), los_buf_str(&signature),
                       &valid);
    ok(!valid, "another text is not");
    los_buf_truncate(&signature, 63);
    los_rsa_verify_md5(str(oss_key), str(message), los_buf_str(&signature),
                       &valid);
    ok(!valid, "nor is a short signature");
    memset(modulus, 0xff, sizeof(modulus));
    is_int(los_rsa_verify_md5(str(oss_key), str(message),
                              los_str_of(modulus, sizeof(modulus)), &valid),
           LOS_OK, "a signature above the modulus");
    ok(!valid, "is wrong");
    is_int(los_rsa_verify_md5(str("-----BEGIN PUBLIC KEY-----\nMFww\n"),
                              str(message), los_buf_str(&signature), &valid),
           LOS_E_ARGUMENT, "half a key");
    is_int(los_rsa_verify_md5(str(""), str(message), str(""), &valid),
           LOS_E_ARGUMENT, "no key");
    is_int(los_rsa_generate(511, &secret, &open), LOS_E_ARGUMENT,
           "too few bits");
    is_int(los_rsa_generate(1024, &secret, &open), LOS_OK, "make a key");
    los_buf_reset(&signature);
    is_int(los_rsa_sign_md5(los_buf_str(&secret), str(message), &signature),
           LOS_OK, "sign");
    los_rsa_verify_md5(los_buf_str(&open), str(message),
                       los_buf_str(&signature), &valid);
    ok(valid && los_buf_str(&signature).n == 128, "and check");
    is_int(los_rsa_sign_md5(los_buf_str(&open), str(message), &signature),
           LOS_E_ARGUMENT, "a public key cannot sign");
    los_buf_free(&signature);
    los_buf_free(&secret);
    los_buf_free(&open);
}

/* A PEM text of n bytes of DER, in guarded memory. */
static los_str
make_pem(struct los_buf *b, const unsigned char *der, size_t n)
{
    size_t at;

    los_buf_reset(b);
    los_buf_add_str(b, LOS_STR("-----BEGIN PUBLIC KEY-----\n"));
    for (at = 0; at < n; at += 48) {
        los_add_base64(
            b, los_str_of((const char *)der + at, n - at < 48 ? n - at : 48));
        los_buf_add_char(b, '\n');
    }
    los_buf_add_str(b, LOS_STR("-----END PUBLIC KEY-----\n"));
    return guarded_str(los_buf_str(b));
}

/* The key cut short, with bytes added, and with each byte changed. */
static void
test_broken_keys(void)
{
    struct los_buf pem, der, signature;
    unsigned char *key;
    size_t n, i;
    int valid, value, taken = 0, wrong = 0;

    los_buf_init(&pem, 10000);
    los_buf_init(&der, 10000);
    los_buf_init(&signature, 1000);
    los_add_unbase64(&signature, str(coded));
    los_add_unbase64(&der,
                     LOS_STR("MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht"
                             "4crBx3oIPBLNsjGsC0fTXv+nvlmklvkcolvpvXLTjaxUHR3W"
                             "9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ=="));
    los_buf_add_char(&der, 0);
    key = (unsigned char *)der.p;
    n = der.n - 1;
    valid = 0;
    los_rsa_verify_md5(make_pem(&pem, key, n), str(message),
                       los_buf_str(&signature), &valid);
    ok(valid, "the key as it is");
    for (i = 0; i <= n + 1; i++)
        taken += i != n
                 && los_rsa_verify_md5(make_pem(&pem, key, i), str(message),
                                       los_buf_str(&signature), &valid)
                        != LOS_E_ARGUMENT;
    is_int(taken, 0, "another length is refused");
    for (i = 0; i < n; i++) {
        unsigned char old = key[i];
        int in_numbers = i >= 27 && i != n - 5 && i != n - 4;

        for (value = 0; value < 256; value++) {
            key[i] = (unsigned char)value;
            valid = 0;
            los_rsa_verify_md5(make_pem(&pem, key, n), str(message),
                               los_buf_str(&signature), &valid);
            wrong += valid && value != old && in_numbers;
        }
        key[i] = old;
    }
    is_int(wrong, 0, "another number does not verify");
    los_buf_free(&pem);
    los_buf_free(&der);
    los_buf_free(&signature);
}

int
main(void)
{
    use_crypto_alloc();
    los_buf_init(&text, 1000);
    test_known();
    test_order();
    test_rsa();
    test_broken_keys();
    los_buf_free(&text);
    alloc_secret = "a key that is a secret";
    torture("a keyed digest", digest_scenario);
    is_int(alloc_told, 0, "freed memory does not tell the key");
    alloc_secret = NULL;
    return done();
}
