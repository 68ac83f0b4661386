/* The allocator that the C tests give to the library: it counts, and fails
 * when told to. tap.h has the functions. */
#ifndef SPEC_ALLOC_H
#define SPEC_ALLOC_H

#include <stddef.h>

void *test_malloc(size_t n);
void *test_realloc(void *p, size_t n);
void test_free(void *p);

#define los_malloc  test_malloc
#define los_realloc test_realloc
#define los_free    test_free

#endif
