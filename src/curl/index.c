#include "curl/index.h"
#include "core/alloc.h"
#include "core/err.h"

#include <string.h>

#define SIZE_MIN 64 /* a power of two */

int
los_index_open(struct los_index *index)
{
    index->slots = los_malloc(SIZE_MIN * sizeof(*index->slots));
    if (index->slots == NULL)
        return LOS_E_MEMORY;
    memset(index->slots, 0, SIZE_MIN * sizeof(*index->slots));
    index->size = SIZE_MIN;
    index->n = 0;
    return LOS_OK;
}

void
los_index_close(struct los_index *index)
{
    los_free(index->slots);
    index->slots = NULL;
    index->size = index->n = 0;
}

static struct los_node **
slot_of(const struct los_index *index, uint64_t id)
{
    return &index->slots[id & (index->size - 1)];
}

struct los_node *
los_index_find(const struct los_index *index, uint64_t id)
{
    struct los_node *node = *slot_of(index, id);

    while (node != NULL && node->id != id)
        node = node->same_slot;
    return node;
}

static void
put(struct los_index *index, struct los_node *node)
{
    struct los_node **slot = slot_of(index, node->id);

    node->same_slot = *slot;
    *slot = node;
}

/* Without memory the chains only become longer. */
static void
grow(struct los_index *index)
{
    struct los_node **old = index->slots, **fresh;
    size_t old_size = index->size, i;

    if (index->n < old_size || old_size > SIZE_MAX / 4 / sizeof(*fresh))
        return;
    fresh = los_malloc(old_size * 2 * sizeof(*fresh));
    if (fresh == NULL)
        return;
    memset(fresh, 0, old_size * 2 * sizeof(*fresh));
    index->slots = fresh;
    index->size = old_size * 2;
    for (i = 0; i < old_size; i++)
        while (old[i] != NULL) {
            struct los_node *node = old[i];

            old[i] = node->same_slot;
            put(index, node);
        }
    los_free(old);
}

void
los_index_add(struct los_index *index, struct los_node *node)
{
    index->n++;
    grow(index);
    put(index, node);
}

void
los_index_remove(struct los_index *index, const struct los_node *node)
{
    struct los_node **slot = slot_of(index, node->id);

    while (*slot != node)
        slot = &(*slot)->same_slot;
    *slot = node->same_slot;
    index->n--;
}

struct los_node *
los_index_pop(struct los_index *index, size_t *at)
{
    struct los_node *node;

    while (*at < index->size && index->slots[*at] == NULL)
        (*at)++;
    if (*at >= index->size)
        return NULL;
    node = index->slots[*at];
    los_index_remove(index, node);
    return node;
}
