/* What came back for one transfer, read from a peer that may be hostile. */
#ifndef LOS_CURL_ANSWER_H
#define LOS_CURL_ANSWER_H

#include "core/buf.h"

#include <stdint.h>

struct los_answer {
    /* The outcome. With an error no complete answer was had, and the other
     * fields hold what is known. */
    int error;           /* LOS_OK or why there is no complete answer */
    struct los_buf note; /* a sentence about the error, for people */

    int status;              /* 0 before the status line */
    struct los_buf body;     /* empty when the body went to a file */
    uint64_t received_crc64; /* of the answer's body */
    int64_t received;        /* bytes of the answer's body */

    uint64_t crc64; /* of the bytes of the request's body that were read,
                       all of them when sent_all is set */
    int64_t sent;   /* bytes of the request's body that the socket took */
    int sent_all;   /* the whole request may have reached the server */
    int reused;     /* it went over a connection that had been kept */
    int resent;     /* libcurl had to send the request more than once */

    /* Private. */
    struct los_buf head; /* "name\0value\0" for each header */
    int head_done;
    int fd;           /* of the file, -1 */
    const char *path; /* of the file, borrowed; NULL */
};

/* An answer of at most max bytes in memory; a 2xx body goes to path unless
 * that is NULL. Path is borrowed. */
void los_answer_init(struct los_answer *answer, size_t max, const char *path);

/* Frees everything, closes the file. */
void los_answer_free(struct los_answer *answer);

/* Goes through the headers: 1 and the next one, 0 at the end. *at is 0 at the
 * start. Names are in lower case, values without white space around them. */
int los_answer_header(const struct los_answer *answer, size_t *at,
                      los_str *name, los_str *value);

/* ---- for the transfer */

/* One line as libcurl gives it. Begins anew at each status line, since 1xx
 * answers may come before the real one; ignores trailers. */
int los_answer_head_line(struct los_answer *answer, los_str line);

/* More of the body. LOS_E_ANSWER_TOO_LARGE, LOS_E_FILE_WRITE or
 * LOS_E_MEMORY. */
int los_answer_write(struct los_answer *answer, los_str data);

/* After the last byte: closes the file, whose last error may show only now.
 * LOS_E_TRUNCATED when the head never ended. */
int los_answer_end(struct los_answer *answer);

/* Forgets what was received, for a request that is sent again. */
void los_answer_restart(struct los_answer *answer);

/* Notes the first error and why: "text: detail (system error)". The detail
 * may be NULL, os_error 0. Memory running out costs only the text. */
void los_answer_fail(struct los_answer *answer, int error, const char *detail,
                     int os_error);

#endif
