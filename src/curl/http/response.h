/* An HTTP/1.1 answer, cut out of the bytes that a connection brings.
 *
 * Sans I/O. What it cuts goes into a los_answer: lines of the head, pieces of
 * the body. The peer may be hostile: everything is bounded, and what two
 * readers could understand in two ways is refused (RFC 9112, section 6). */
#ifndef LOS_CURL_HTTP_RESPONSE_H
#define LOS_CURL_HTTP_RESPONSE_H

#include "curl/answer.h"

enum los_response_state {
    LOS_RESPONSE_START, /* before a status line */
    LOS_RESPONSE_HEAD,
    LOS_RESPONSE_BODY,        /* `left` bytes of it are missing */
    LOS_RESPONSE_UNTIL_CLOSE, /* a body that ends with the connection */
    LOS_RESPONSE_CHUNK_SIZE,
    LOS_RESPONSE_CHUNK, /* `left` bytes of it are missing */
    LOS_RESPONSE_CHUNK_END,
    LOS_RESPONSE_TRAILERS,
    LOS_RESPONSE_DONE
};

struct los_response {
    enum los_response_state state;
    int no_body; /* the answer to HEAD */
    int keep;    /* the connection can serve another request */
    int64_t left;
    size_t head_left;    /* bytes that head and trailers may still have */
    struct los_buf line; /* a line whose end has not come yet */
};

/* Before the first answer of a connection. Allocates nothing. */
void los_response_init(struct los_response *r);

/* Before each further one. */
void los_response_begin(struct los_response *r, int no_body);

void los_response_free(struct los_response *r);

/* Takes bytes up to the end of the answer; what comes behind it stays in
 * data. LOS_OK, or the error that was noted in the answer. */
int los_response_take(struct los_response *r, struct los_answer *answer,
                      los_str *data);

/* The connection has ended: LOS_OK when the answer ends with it, else the
 * error that was noted in the answer. */
int los_response_end(struct los_response *r, struct los_answer *answer);

#endif
