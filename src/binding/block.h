/* Bytes outside of Lua's memory: a part of an upload, filled from a reader.
 *
 * oss.core makes them and oss.curl sends them. Lua's collector neither counts
 * nor moves them, and does not decide when they are given back. */
#ifndef LOS_BINDING_BLOCK_H
#define LOS_BINDING_BLOCK_H

#include "binding/compat.h"
#include "core/alloc.h"

#define LOS_BLOCK "oss.block"

struct los_block {
    char *p; /* NULL: given back */
    size_t n;
    size_t max;
    unsigned sending; /* transfers that read it */
    int unwanted;     /* collected while it was sent */
};

static inline void
los_block_free(struct los_block *b)
{
    los_free(b->p);
    b->p = NULL;
    b->n = b->max = 0;
}

/* A transfer is over. When a state is closed a block is collected before the
 * loop that sends it. */
static inline void
los_block_sent(struct los_block *b)
{
    if (--b->sending == 0 && b->unwanted)
        los_block_free(b);
}

#endif
