#define _POSIX_C_SOURCE   200809L
#define _FILE_OFFSET_BITS 64

#include "curl/body.h"
#include "core/alloc.h"
#include "core/crc64.h"
#include "core/err.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A feeder that ignores NEED is stopped here. A single chunk may be larger
 * when nothing else is staged. */
#define STAGE_MAX (4 * 1024 * 1024)

void
los_body_init(struct los_body *b, const struct los_transfer_options *o)
{
    memset(b, 0, sizeof(*b));
    b->kind = o->body_kind;
    b->fd = -1;
    switch (b->kind) {
    case LOS_BODY_NONE: break;
    case LOS_BODY_MEMORY:
        b->memory = o->body.p;
        b->length = (int64_t)o->body.n;
        break;
    case LOS_BODY_FILE:
        b->offset = o->body_offset;
        b->length = o->body_length;
        break;
    case LOS_BODY_FED:
        b->length = o->body_length;
        b->hungry = 1;
        break;
    }
}

void
los_body_free(struct los_body *b)
{
    if (b->fd >= 0)
        close(b->fd);
    b->fd = -1;
    while (b->first != NULL) {
        struct los_chunk *next = b->first->next;

        los_free(b->first);
        b->first = next;
    }
    b->last = NULL;
    b->staged = 0;
}

/* ---- file */

/* O_NONBLOCK: a FIFO must be refused, not waited for. */
int
los_body_open(struct los_body *b, const char *path)
{
    struct stat st;

    if (b->kind != LOS_BODY_FILE)
        return LOS_OK;
    b->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (b->fd < 0 || fstat(b->fd, &st) != 0) {
        b->os_error = errno;
        return LOS_E_FILE_READ;
    }
    if (!S_ISREG(st.st_mode)) {
        b->os_error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
        return LOS_E_FILE_READ;
    }
    if (b->offset > st.st_size
        || (b->length >= 0 && b->length > st.st_size - b->offset))
        return LOS_E_FILE_READ;
    if (b->length < 0)
        b->length = st.st_size - b->offset;
    return LOS_OK;
}

static int64_t
read_file(struct los_body *b, char *to, size_t n)
{
    ssize_t got;

    do
        got = pread(b->fd, to, n, (off_t)(b->offset + b->taken));
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    b->os_error = got < 0 ? errno : 0; /* 0: the file has become shorter */
    return LOS_E_FILE_READ;
}

/* ---- fed */

static int
is_fed(const struct los_body *b)
{
    return b->kind == LOS_BODY_FED && !b->ended;
}

struct los_chunk *
los_chunk_new(los_str data)
{
    struct los_chunk *chunk = NULL;

    if (data.n <= SIZE_MAX - sizeof(*chunk))
        chunk = los_malloc(sizeof(*chunk) + data.n);
    if (chunk == NULL)
        return NULL;
    chunk->next = NULL;
    chunk->n = data.n;
    if (data.n > 0)
        memcpy(chunk->p, data.p, data.n);
    return chunk;
}

int
los_feed_check(int64_t length, int64_t fed, int64_t staged, size_t n)
{
    if (length >= 0 && (int64_t)n > length - fed)
        return LOS_E_BODY_LONG;
    if (n > 0 && staged > 0 && (int64_t)n > STAGE_MAX - staged)
        return LOS_E_FEED_FULL;
    return LOS_OK;
}

int
los_body_may_feed(const struct los_body *b, size_t n)
{
    if (!is_fed(b))
        return LOS_E_NO_TRANSFER;
    return los_feed_check(b->length, b->fed, b->staged, n);
}

int
los_body_feed(struct los_body *b, struct los_chunk *chunk)
{
    int error = los_body_may_feed(b, chunk->n);

    if (error == LOS_OK)
        b->hungry = b->staged == 0 && chunk->n == 0;
    if (error != LOS_OK || chunk->n == 0) {
        los_free(chunk);
        return error;
    }
    chunk->next = NULL;
    if (b->last != NULL)
        b->last->next = chunk;
    else
        b->first = chunk;
    b->last = chunk;
    b->fed += (int64_t)chunk->n;
    b->staged += (int64_t)chunk->n;
    return LOS_OK;
}

int
los_body_feed_end(struct los_body *b)
{
    if (!is_fed(b))
        return LOS_E_NO_TRANSFER;
    b->ended = 1;
    b->hungry = 0;
    if (b->length >= 0 && b->fed < b->length)
        return LOS_E_BODY_SHORT;
    return LOS_OK;
}

/* Bytes that may go out now: the last one of a known length only once the
 * feeder has confirmed the end. */
static int64_t
released(const struct los_body *b)
{
    int hold = !b->ended && b->length >= 0 && b->fed == b->length;

    return hold && b->staged > 0 ? b->staged - 1 : b->staged;
}

static int64_t
read_fed(struct los_body *b, char *to, size_t n)
{
    int64_t left = released(b);
    size_t done = 0;

    if (left == 0 && !b->ended) {
        b->hungry = 1;
        return LOS_BODY_WAIT;
    }
    if ((int64_t)n > left)
        n = (size_t)left;
    while (done < n) {
        struct los_chunk *c = b->first;
        size_t piece = c->n - b->first_used;

        if (piece > n - done)
            piece = n - done;
        memcpy(to + done, c->p + b->first_used, piece);
        done += piece;
        b->first_used += piece;
        if (b->first_used < c->n)
            break;
        b->first = c->next;
        b->first_used = 0;
        if (b->first == NULL)
            b->last = NULL;
        los_free(c);
    }
    b->staged -= (int64_t)done;
    if (b->staged == 0 && !b->ended)
        b->hungry = 1; /* the feeder works while this piece goes out */
    return (int64_t)done;
}

/* ---- all */

int
los_body_is_taken(const struct los_body *b)
{
    if (b->length >= 0)
        return b->taken == b->length;
    return b->kind == LOS_BODY_FED && b->ended && b->staged == 0;
}

int64_t
los_body_read(struct los_body *b, char *to, size_t n)
{
    int64_t got = 0;

    if (los_body_is_taken(b) || n == 0)
        return 0;
    if (b->length >= 0 && (int64_t)n > b->length - b->taken)
        n = (size_t)(b->length - b->taken);
    switch (b->kind) {
    case LOS_BODY_NONE: break;
    case LOS_BODY_MEMORY:
        memcpy(to, b->memory + b->taken, n);
        got = (int64_t)n;
        break;
    case LOS_BODY_FILE: got = read_file(b, to, n); break;
    case LOS_BODY_FED: got = read_fed(b, to, n); break;
    }
    if (got > 0) {
        b->crc64 = los_crc64(b->crc64, to, (size_t)got);
        b->taken += got;
    }
    return got;
}

const char *
los_body_take_memory(struct los_body *b)
{
    if (b->length == 0)
        return "";
    b->crc64 = los_crc64(0, b->memory, (size_t)b->length);
    b->taken = b->length;
    return b->memory;
}

int
los_body_rewind(struct los_body *b)
{
    if (b->kind == LOS_BODY_FED && b->taken > 0)
        return LOS_E_CANNOT_REWIND;
    b->taken = 0;
    b->crc64 = 0;
    return LOS_OK;
}
