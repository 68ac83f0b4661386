/* Gives libcrypto the allocator of the tests too. Call it first of all. */
#ifndef SPEC_CRYPTO_ALLOC_H
#define SPEC_CRYPTO_ALLOC_H

#include "tap.h"

#include <openssl/crypto.h>

static void *
crypto_malloc(size_t n, const char *file, int line)
{
    void *p;

    (void)file;
    (void)line;
    alloc_of_crypto = 1;
    p = test_malloc(n);
    alloc_of_crypto = 0;
    if (p != NULL)
        memset(p, 0, n); /* freed memory is searched; valgrind is watching */
    return p;
}

static void *
crypto_realloc(void *p, size_t n, const char *file, int line)
{
    void *moved;

    (void)file;
    (void)line;
    alloc_of_crypto = 1;
    moved = test_realloc(p, n);
    alloc_of_crypto = 0;
    return moved;
}

static void
crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    test_free(p);
}

static void
use_crypto_alloc(void)
{
    ok(CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free),
       "libcrypto takes the allocator of the tests");
}

#endif
