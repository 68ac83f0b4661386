/* Finds things by their id, which is never used twice and only grows. The
 * nodes are part of the things; the index owns nothing but its slots. */
#ifndef LOS_CURL_INDEX_H
#define LOS_CURL_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct los_node {
    uint64_t id;
    struct los_node *same_slot;
};

struct los_index {
    struct los_node **slots; /* chains, picked by the low bits of the id */
    size_t size, n;
};

/* LOS_E_MEMORY. */
int los_index_open(struct los_index *index);
void los_index_close(struct los_index *index);

/* NULL when there is none. */
struct los_node *los_index_find(const struct los_index *index, uint64_t id);

/* Needs no memory, though it becomes slower without. */
void los_index_add(struct los_index *index, struct los_node *node);
void los_index_remove(struct los_index *index, const struct los_node *node);

/* Takes any node out, NULL when there is none. *at is 0 at the start. */
struct los_node *los_index_pop(struct los_index *index, size_t *at);

#endif
