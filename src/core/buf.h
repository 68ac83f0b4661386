/* Growable bytes with a hard limit and a sticky failure.
 *
 * Append as often as needed without looking; ask los_buf_error() once at the
 * end. After a failure further appends do nothing. Old storage is wiped when
 * it is given back, since signing keys and tokens pass through buffers. */
#ifndef LOS_BUF_H
#define LOS_BUF_H

#include "err.h"
#include "str.h"

#include <stdint.h>

struct los_buf {
    char *p;    /* bytes; not terminated; NULL while empty */
    size_t n;   /* bytes in use */
    size_t cap; /* bytes allocated */
    size_t max; /* hard limit for n */
    int error;  /* LOS_OK or the first failure */
};

/* An empty buffer of at most max bytes. Allocates nothing. */
void los_buf_init(struct los_buf *b, size_t max);

/* Wipes and frees; the buffer is empty and usable again. */
void los_buf_free(struct los_buf *b);

/* Empties, keeps the storage and the limit, clears the failure. */
static inline void
los_buf_reset(struct los_buf *b)
{
    b->n = 0;
    b->error = LOS_OK;
}

/* Makes room for n more bytes: 1, or 0 after a failure. */
int los_buf_grow(struct los_buf *b, size_t n);

/* Room for n more bytes to be written by the caller, counted at once; NULL
 * after a failure. Everything is appended through here. */
static inline char *
los_buf_extend(struct los_buf *b, size_t n)
{
    char *room;

    if ((n > b->cap - b->n || b->p == NULL || b->error != LOS_OK)
        && !los_buf_grow(b, n))
        return NULL;
    room = b->p + b->n;
    b->n += n;
    return room;
}

static inline void
los_buf_add(struct los_buf *b, const void *data, size_t n)
{
    char *room = los_buf_extend(b, n);

    if (room != NULL && n > 0)
        memcpy(room, data, n);
}

static inline void
los_buf_add_str(struct los_buf *b, los_str s)
{
    los_buf_add(b, s.p, s.n);
}

static inline void
los_buf_add_char(struct los_buf *b, char c)
{
    char *room = los_buf_extend(b, 1);

    if (room != NULL)
        *room = c;
}

void los_buf_add_u64(struct los_buf *b, uint64_t value); /* decimal */

/* Drops everything behind the first n bytes. */
void los_buf_truncate(struct los_buf *b, size_t n);

/* LOS_OK, LOS_E_MEMORY or LOS_E_LIMIT. */
static inline int
los_buf_error(const struct los_buf *b)
{
    return b->error;
}

/* The content, borrowed until the next change. */
static inline los_str
los_buf_str(const struct los_buf *b)
{
    return los_str_of(b->p, b->n);
}

/* Overwrites with zeros in a way that the compiler keeps. */
void los_wipe(void *p, size_t n);

/* Equality in a time that depends only on the lengths. */
int los_equal_secret(los_str a, los_str b);

#endif
