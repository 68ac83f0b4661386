/* The port to a crypto library: two digests and two keyed digests.
 *
 * src/crypto/digest.c is the port on OpenSSL's libcrypto; a host with another
 * library writes these functions anew. Looking an algorithm up is what costs
 * most, so a signer makes a digest once, keeps it and begins it again for
 * each message. An object serves one message at a time and one thread. */
#ifndef LOS_DIGEST_H
#define LOS_DIGEST_H

#include "str.h"

enum los_digest_kind {
    LOS_MD5,         /* 16 bytes */
    LOS_SHA256,      /* 32 bytes */
    LOS_HMAC_SHA1,   /* 20 bytes */
    LOS_HMAC_SHA256, /* 32 bytes */
};

#define LOS_DIGEST_MAX 32

struct los_digest;

/* LOS_E_MEMORY, or LOS_E_CRYPTO when the library refuses the algorithm. */
int los_digest_new(struct los_digest **out, enum los_digest_kind kind);

/* Wipes the key and the state. NULL is allowed. */
void los_digest_free(struct los_digest *d);

/* Bytes of the result. */
size_t los_digest_size(const struct los_digest *d);

/* Copies the key of an HMAC into the object; it stays for all messages until
 * the next key. LOS_E_ARGUMENT for a plain digest. */
int los_digest_key(struct los_digest *d, los_str key);

/* Begins a message, dropping one that is under way. LOS_E_ARGUMENT for an
 * HMAC that has no key. */
int los_digest_begin(struct los_digest *d);

/* LOS_E_ARGUMENT outside of a message. */
int los_digest_add(struct los_digest *d, los_str data);

/* Ends the message; out has room for los_digest_size() bytes. */
int los_digest_end(struct los_digest *d, unsigned char *out);

#endif
