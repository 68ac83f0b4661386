/* A request to OSS as a value: what is signed, and what goes on the wire.
 *
 * All members are borrowed and raw, nothing is encoded yet. */
#ifndef LOS_REQUEST_H
#define LOS_REQUEST_H

#include "buf.h"

/* Query parameters and headers that a request may have, each. */
#define LOS_PAIRS_MAX 128

/* Bytes that a URL, a head or a text to be signed may have. */
#define LOS_REQUEST_MAX ((size_t)1 << 20)

struct los_pair {
    los_str name;
    los_str value;
};

struct los_request {
    los_str method; /* "PUT" */
    los_str scheme; /* "http" or "https" */
    los_str host;   /* as in the Host header: a name, and :port if need be */
    los_str bucket; /* may be empty */
    los_str key;    /* may be empty */
    int path_style; /* the URL's path is /bucket/key, not /key */
    const struct los_pair *query;
    size_t query_count;
    const struct los_pair *headers;
    size_t header_count;
};

/* What was refused. */
struct los_fault {
    const char *field; /* "key"; NULL when the code says it all */
    los_str name;      /* of the header, when it is one and can be shown */
    const char *rule;  /* what would be allowed */
};

/* Notes a fault and returns code. fault may be NULL. */
int los_fault_set(struct los_fault *fault, int code, const char *field,
                  const char *rule);

/* LOS_E_BYTES for CR, LF or NUL anywhere, LOS_E_LIMIT for too many pairs,
 * LOS_E_ARGUMENT for anything else that could not be sent or that OSS refuses
 * by its form (names of buckets and keys). fault may be NULL. */
int los_request_check(const struct los_request *r, struct los_fault *fault);

/* LOS_E_BYTES when the text of a field has CR, LF or NUL. */
int los_check_bytes(los_str text, const char *field, struct los_fault *fault);

/* The parts of the wire form, for a request that was checked. */

/* https://host */
void los_add_origin(struct los_buf *out, const struct los_request *r);

/* /bucket/key with the key percent-encoded; "/" when there is no bucket. */
void los_add_resource(struct los_buf *out, const struct los_request *r);

/* The part of that text which is the path of the URL. */
los_str los_url_path(los_str resource, const struct los_request *r);

/* The URL up to its query. */
void los_add_target(struct los_buf *out, const struct los_request *r);

/* name=value, percent-encoded, or just the name when the value is empty;
 * behind `mark` ('?' or '&'), which becomes '&'. */
void los_add_parameter(struct los_buf *out, char *mark, los_str name,
                       los_str value);

/* Name: value CR LF, without white space around the value. */
void los_add_header(struct los_buf *out, los_str name, los_str value);

/* The whole of an unsigned request: URL, and head without Host. */
int los_request_render(const struct los_request *r, struct los_buf *url,
                       struct los_buf *head, struct los_fault *fault);

#endif
