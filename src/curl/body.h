/* The body of a request, read piece by piece with its CRC-64 running along.
 *
 * From memory (borrowed), from a regular file (constant memory), or fed in
 * chunks (copied until taken). */
#ifndef LOS_CURL_BODY_H
#define LOS_CURL_BODY_H

#include "curl/options.h"

#include <stddef.h>

/* los_body_read: nothing there yet, ask again after a feed. */
#define LOS_BODY_WAIT (-1000)

/* Bytes on their way to a fed body. */
struct los_chunk {
    struct los_chunk *next;
    size_t n;
    char p[];
};

struct los_body {
    enum los_body_kind kind;
    int64_t length; /* -1: not known before the end */
    int64_t taken;  /* bytes read since the start or the last rewind */
    uint64_t crc64; /* of those bytes */
    int os_error;   /* errno of the last failure, 0 */

    const char *memory;
    int fd;
    int64_t offset; /* in the file */

    /* Fed: what is staged, oldest first, and how far the oldest is read. */
    struct los_chunk *first, *last;
    size_t first_used;
    int64_t fed;    /* bytes, all in all */
    int64_t staged; /* bytes not yet taken */
    int ended;
    int hungry; /* wants a feed, and nobody was told yet */
};

/* Copies what options say about the body. Opens nothing. */
void los_body_init(struct los_body *body,
                   const struct los_transfer_options *options);

/* Opens the file of a FILE body and learns its length. LOS_E_FILE_READ. */
int los_body_open(struct los_body *body, const char *path);

/* Closes the file, drops what is staged. */
void los_body_free(struct los_body *body);

/* Reads up to n bytes: their number, 0 at the end, LOS_BODY_WAIT, or
 * LOS_E_FILE_READ, LOS_E_BODY_SHORT. */
int64_t los_body_read(struct los_body *body, char *to, size_t n);

/* The whole of a body in memory, or of none, counted as read. */
const char *los_body_take_memory(struct los_body *body);

/* Back to the start. LOS_E_CANNOT_REWIND for fed bytes that are gone. */
int los_body_rewind(struct los_body *body);

/* 1 when everything was read. */
int los_body_is_taken(const struct los_body *body);

/* A copy of bytes to feed, for los_free; NULL without memory. */
struct los_chunk *los_chunk_new(los_str data);

/* What may be fed to a body of this length (-1: not known) of which so much
 * is fed and staged: LOS_OK, LOS_E_BODY_LONG, LOS_E_FEED_FULL. */
int los_feed_check(int64_t length, int64_t fed, int64_t staged, size_t n);

/* The same of this body; LOS_E_NO_TRANSFER for what is not a fed one or was
 * ended. */
int los_body_may_feed(const struct los_body *body, size_t n);

/* Takes the chunk, also when it may not be fed. */
int los_body_feed(struct los_body *body, struct los_chunk *chunk);

/* LOS_E_NO_TRANSFER, LOS_E_BODY_SHORT. */
int los_body_feed_end(struct los_body *body);

#endif
