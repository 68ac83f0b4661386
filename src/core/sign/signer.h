/* What the versions of the signature share. Internal to src/core/sign. */
#ifndef LOS_SIGN_SIGNER_H
#define LOS_SIGN_SIGNER_H

#include "core/date.h"
#include "core/digest.h"
#include "core/sign.h"

/* Pairs in the order of their names; equal names keep the order in which they
 * came. Room for what a request may have and what a signer adds. */
struct los_sorted {
    struct los_pair at[LOS_PAIRS_MAX + 8];
    size_t n;
};

struct los_signer {
    enum los_sign_version version;
    struct los_buf store; /* the bytes of the slices that follow */
    los_str id;
    los_str secret; /* V4: with "aliyun_v4" in front, as it is used */
    los_str token;
    los_str region;
    los_str product;
    los_str additional[LOS_ADDITIONAL_MAX]; /* lower case, sorted, once each */
    size_t additional_count;

    struct los_digest *hash; /* SHA-256; V4 */
    struct los_digest *mac;  /* V4: has the key of `day`; V1: the secret */
    int64_t day;             /* days since 1970, or -1 */
    int64_t second;          /* V4: of `iso`, or INT64_MIN */
    char iso[LOS_DATE_ISO_SIZE];
    struct los_buf credential; /* V4: id and scope of `day` */

    /* of the request in hand */
    struct los_sorted headers, query;
    struct los_buf names;     /* bytes of the sorted names */
    struct los_buf listed;    /* "a;b": the additional headers it has */
    struct los_buf canonical; /* V4 */
    struct los_buf to_sign;
    struct los_buf url;
    struct los_buf head;
    struct los_buf signature;
    struct los_buf authorization; /* empty when signing in the query */
};

/* A request in hand: what the two versions are given. */
struct los_signing {
    const struct los_request *request;
    int64_t now;
    int64_t expires; /* seconds; 0 = sign in the head */
};

/* Fill the buffers; the Authorization line is then added to the head. */
int los_sign_v4(struct los_signer *s, const struct los_signing *job,
                struct los_fault *fault);
int los_sign_v1(struct los_signer *s, const struct los_signing *job,
                struct los_fault *fault);

/* V4: keys s->mac and writes s->credential for the day of now. */
int los_sign_day(struct los_signer *s, int64_t now, struct los_fault *fault);

/* Writes the signature of a text to s->signature. */
int los_sign_text(struct los_signer *s, los_str text);

void los_sorted_add(struct los_sorted *list, los_str name, los_str value);

/* Empties b and makes room for n bytes, so that slices of what is then added
 * stay where they are. */
int los_sign_reserve(struct los_buf *b, size_t n);

/* Appends a name in lower case. */
los_str los_sign_lower(struct los_buf *b, los_str name);

/* Compares bytes: below, at or above 0. */
int los_sign_order(los_str a, los_str b);

/* 1 when a name is in a list of `count` slices. */
int los_is_one_of(los_str name, const los_str *list, size_t count);

/* name:value lines; the values of one name are joined by commas. */
void los_sign_add_headers(struct los_buf *out, const struct los_sorted *h);

/* The first failure among the signer's buffers. */
int los_sign_buffers(const struct los_signer *s);

#endif
