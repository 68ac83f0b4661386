/* The allocator of the whole C side, chosen when compiling.
 *
 * A host with its own allocator, and the tests that let allocations fail,
 * define LOS_ALLOC_HEADER to a header with these three macros. */
#ifndef LOS_ALLOC_H
#define LOS_ALLOC_H

#ifdef LOS_ALLOC_HEADER
#include LOS_ALLOC_HEADER
#else
#include <stdlib.h>
#define los_malloc(size)           malloc(size)
#define los_realloc(pointer, size) realloc(pointer, size)
#define los_free(pointer)          free(pointer)
#endif

#endif
