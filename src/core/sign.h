/* Request signatures of OSS, versions 4 and 1.
 *
 * One way for all: canonical text -> string to sign -> signature, put into
 * the head, into the URL, or made of a form's policy. The time is an argument
 * and nothing is sent. A signer keeps its key schedule and its buffers, so a
 * signature allocates nothing once it has seen a request of that size; it
 * serves one thread at a time. */
#ifndef LOS_SIGN_H
#define LOS_SIGN_H

#include "request.h"

#include <stdint.h>

enum los_sign_version { LOS_SIGN_V4, LOS_SIGN_V1 };

/* Names of headers that a signer may be told to sign additionally. */
#define LOS_ADDITIONAL_MAX 32

/* Seconds that a V4 URL may live at most: seven days. */
#define LOS_EXPIRES_MAX 604800

/* All copied; id and secret are needed. */
struct los_signer_config {
    enum los_sign_version version;
    los_str id;
    los_str secret;
    los_str token;   /* security token; empty = none */
    los_str region;  /* V4: "cn-hangzhou"; "oss-cn-hangzhou" means the same */
    los_str product; /* V4: empty = "oss" */
    const los_str *additional; /* V4: headers to be signed when present */
    size_t additional_count;
};

/* All borrowed from the signer until its next use. What does not apply is
 * empty. */
struct los_signed {
    los_str url;
    los_str head;              /* "Name: value\r\n" for each header but Host */
    los_str canonical_request; /* V4 */
    los_str string_to_sign;
    los_str signature;     /* V4: hexadecimal, V1: base64 */
    los_str authorization; /* value of the header; not for a URL */
};

struct los_signer;

/* LOS_E_BYTES, LOS_E_ARGUMENT, LOS_E_LIMIT (with fault, which may be NULL),
 * LOS_E_MEMORY, LOS_E_CRYPTO. */
int los_signer_new(struct los_signer **out, const struct los_signer_config *c,
                   struct los_fault *fault);

/* Wipes and frees everything. NULL is allowed. */
void los_signer_free(struct los_signer *s);

/* Signs in the head. now is in unix seconds. Headers of the request that the
 * signer sets itself are left out: Authorization, x-oss-security-token, and
 * for V4 x-oss-date and x-oss-content-sha256. V1 takes the text of x-oss-date
 * or Date as its date when the request has one, else it adds Date. */
int los_signer_sign(struct los_signer *s, const struct los_request *r,
                    int64_t now, struct los_signed *out,
                    struct los_fault *fault);

/* Signs in the URL, which then holds for `expires` seconds from now: up to
 * LOS_EXPIRES_MAX for V4. The head is what the user of the URL has to send.
 * Query parameters of the request that the signer sets itself are left out. */
int los_signer_presign(struct los_signer *s, const struct los_request *r,
                       int64_t now, int64_t expires, struct los_signed *out,
                       struct los_fault *fault);

/* The signature of a form's policy, which is given as it is sent: base64. */
int los_signer_policy(struct los_signer *s, los_str policy, int64_t now,
                      los_str *signature, struct los_fault *fault);

/* V4: id/20231216/cn-hangzhou/oss/aliyun_v4_request. LOS_E_ARGUMENT for V1. */
int los_signer_credential(struct los_signer *s, int64_t now,
                          los_str *credential, struct los_fault *fault);

#endif
