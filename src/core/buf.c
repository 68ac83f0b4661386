#include "buf.h"
#include "alloc.h"
#include "err.h"

/* A call that the compiler cannot see through, so it cannot leave it out. */
static void *(*const volatile set)(void *, int, size_t) = memset;

void
los_wipe(void *p, size_t n)
{
    set(p, 0, n);
}

int
los_equal_secret(los_str a, los_str b)
{
    unsigned char differ = 0;
    size_t i;

    if (a.n != b.n)
        return 0;
    for (i = 0; i < a.n; i++)
        differ |= (unsigned char)(a.p[i] ^ b.p[i]);
    return differ == 0;
}

void
los_buf_init(struct los_buf *b, size_t max)
{
    b->p = NULL;
    b->n = 0;
    b->cap = 0;
    b->max = max;
    b->error = LOS_OK;
}

void
los_buf_free(struct los_buf *b)
{
    if (b->p != NULL) {
        los_wipe(b->p, b->cap);
        los_free(b->p);
    }
    los_buf_init(b, b->max);
}

/* Moves by hand instead of realloc, which would leave old bytes behind. */
static int
move(struct los_buf *b, size_t need)
{
    /* What is allocated may be filled without a look at the limit. */
    size_t least = b->max < 64 ? b->max + (b->max == 0) : 64;
    size_t cap = b->cap < least ? least : b->cap;
    char *p;

    while (cap < need)
        cap = cap > b->max / 2 ? b->max : cap * 2;
    p = los_malloc(cap);
    if (p == NULL)
        return LOS_E_MEMORY;
    if (b->p != NULL) {
        memcpy(p, b->p, b->n);
        los_wipe(b->p, b->cap);
        los_free(b->p);
    }
    b->p = p;
    b->cap = cap;
    return LOS_OK;
}

int
los_buf_grow(struct los_buf *b, size_t n)
{
    if (b->error == LOS_OK && n > b->max - b->n)
        b->error = LOS_E_LIMIT;
    if (b->error == LOS_OK)
        b->error = move(b, b->n + n);
    return b->error == LOS_OK;
}

void
los_buf_add_u64(struct los_buf *b, uint64_t value)
{
    char digits[20];
    size_t i = sizeof(digits);

    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    los_buf_add(b, digits + i, sizeof(digits) - i);
}

void
los_buf_truncate(struct los_buf *b, size_t n)
{
    if (n < b->n)
        b->n = n;
}
