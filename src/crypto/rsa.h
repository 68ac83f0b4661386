/* RSA signatures with MD5 (RSASSA-PKCS1-v1_5), as OSS signs its callbacks.
 *
 * OSS uses a key of 512 bits and MD5. Policies of the crypto library (security
 * levels, FIPS) refuse both in its high-level calls, so the check is the bare
 * public operation and a comparison with the only block that is right. Such a
 * signature is weak evidence; add a secret to the callback itself. */
#ifndef LOS_RSA_H
#define LOS_RSA_H

#include "core/buf.h"

#define LOS_RSA_BITS_MIN 512
#define LOS_RSA_BITS_MAX 8192

/* Writes 1 to valid when signature is that of data, else 0. public_pem is a
 * "PUBLIC KEY". LOS_E_ARGUMENT when it is not an RSA key of a bearable size,
 * LOS_E_CRYPTO, LOS_E_MEMORY. */
int los_rsa_verify_md5(los_str public_pem, los_str data, los_str signature,
                       int *valid);

/* Appends the signature, as long as the key. private_pem is not encrypted.
 * Errors as above. */
int los_rsa_sign_md5(los_str private_pem, los_str data, struct los_buf *out);

/* Makes a key; LOS_E_ARGUMENT when the size is out of bounds. */
int los_rsa_generate(unsigned bits, struct los_buf *private_pem,
                     struct los_buf *public_pem);

#endif
