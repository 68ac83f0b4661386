/* A test is one C file that includes this, calls ok() and its kin, and ends
 * with `return done();`. Prints TAP.
 *
 *   guarded(p, n)      a copy of bytes that ends where memory ends, so that
 *                      reading one byte too many is a crash
 *   torture(name, f)   runs f with its first, second, third ... allocation
 *                      failing: an error each time, and no leak */
#ifndef SPEC_TAP_H
#define SPEC_TAP_H

#include "alloc.h"
#include "core/err.h"
#include "core/str.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int tap_count, tap_failed;

#define ok(condition, ...)                                                    \
    tap_report((condition) != 0, __FILE__, __LINE__, __VA_ARGS__)
#define is_str(have, want, ...)                                               \
    tap_is_str(have, want, __FILE__, __LINE__, __VA_ARGS__)
#define is_int(have, want, ...)                                               \
    tap_is_int((long long)(have), (long long)(want), __FILE__, __LINE__,      \
               __VA_ARGS__)

__attribute__((format(printf, 4, 0))) static inline int
tap_line(int good, const char *file, int line, const char *format, va_list a)
{
    printf("%sok %d - ", good ? "" : "not ", ++tap_count);
    vprintf(format, a);
    printf("\n");
    if (!good) {
        printf("# failed at %s:%d\n", file, line);
        tap_failed++;
    }
    return good;
}

__attribute__((format(printf, 4, 5))) static inline int
tap_report(int good, const char *file, int line, const char *format, ...)
{
    va_list a;

    va_start(a, format);
    tap_line(good, file, line, format, a);
    va_end(a);
    return good;
}

__attribute__((format(printf, 5, 6))) static inline int
tap_is_str(los_str have, const char *want, const char *file, int line,
           const char *format, ...)
{
    int good = have.n == strlen(want) && memcmp(have.p, want, have.n) == 0;
    va_list a;

    va_start(a, format);
    tap_line(good, file, line, format, a);
    va_end(a);
    if (!good)
        printf("#   have: %.*s\n#   want: %s\n", (int)have.n, have.p, want);
    return good;
}

__attribute__((format(printf, 5, 6))) static inline int
tap_is_int(long long have, long long want, const char *file, int line,
           const char *format, ...)
{
    va_list a;

    va_start(a, format);
    tap_line(have == want, file, line, format, a);
    va_end(a);
    if (have != want)
        printf("#   have: %lld\n#   want: %lld\n", have, want);
    return have == want;
}

static inline int
done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}

static inline los_str
str(const char *text)
{
    return los_str_of(text, strlen(text));
}

/* ---- memory that ends */

#define GUARD_SIZE ((size_t)1 << 18)

/* The next seven calls leave the copy alone. n is below 256 KiB. */
static inline char *
guarded(const void *data, size_t n)
{
    static char *areas[8];
    static unsigned next;
    char **area = &areas[next++ % 8], *at;
    size_t page = 65536; /* no machine has larger ones */

    if (*area == NULL) {
        *area = mmap(NULL, GUARD_SIZE + page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (*area == MAP_FAILED
            || mprotect(*area + GUARD_SIZE, page, PROT_NONE) != 0
            || n > GUARD_SIZE)
            abort();
    }
    at = *area + GUARD_SIZE - n;
    if (n > 0)
        memcpy(at, data, n);
    return at;
}

static inline los_str
guarded_str(los_str s)
{
    los_str copy;

    copy.p = guarded(s.p, s.n);
    copy.n = s.n;
    return copy;
}

/* ---- allocations */

/* Of the thread that tests; others count for alloc_live only. */
static __thread long alloc_calls;   /* since the last reset */
static __thread long alloc_fail_at; /* which call fails; 0 = none */
static long alloc_live;             /* not freed yet, by any thread */

/* Bytes that must not be left in memory that is freed, and how often they
 * were. */
static const char *alloc_secret;
static long alloc_told;

/* libcrypto calls in between: it may do without some of its allocations. */
static int alloc_of_crypto, alloc_failed_in_crypto;

static __thread long alloc_own_calls; /* those that are not libcrypto's */

static inline int
alloc_fails(void)
{
    alloc_own_calls += !alloc_of_crypto;
    if (++alloc_calls != alloc_fail_at)
        return 0;
    alloc_failed_in_crypto = alloc_of_crypto;
    return 1;
}

void *
test_malloc(size_t n)
{
    void *p = alloc_fails() ? NULL : malloc(n > 0 ? n : 1);

    __atomic_fetch_add(&alloc_live, p != NULL, __ATOMIC_RELAXED);
    if (p != NULL && alloc_secret != NULL)
        memset(p, 0, n);
    return p;
}

void *
test_realloc(void *p, size_t n)
{
    void *moved = alloc_fails() ? NULL : realloc(p, n > 0 ? n : 1);

    __atomic_fetch_add(&alloc_live, p == NULL && moved != NULL,
                       __ATOMIC_RELAXED);
    return moved;
}

void
test_free(void *p)
{
    __atomic_fetch_sub(&alloc_live, p != NULL, __ATOMIC_RELAXED);
    if (p != NULL && alloc_secret != NULL)
        alloc_told += memmem(p, malloc_usable_size(p), alloc_secret,
                             strlen(alloc_secret))
                      != NULL;
    free(p);
}

/* The scenario returns a result code and frees all it made. */
static inline void
torture(const char *name, int (*scenario)(void))
{
    long live = alloc_live, calls, i, wrong = 0, leaks = 0;

    alloc_fail_at = 0;
    alloc_calls = 0;
    is_int(scenario(), LOS_OK, "%s: works", name);
    calls = alloc_calls;
    for (i = 1; i <= calls; i++) {
        int code;

        alloc_calls = 0;
        alloc_fail_at = i;
        code = scenario();
        wrong += alloc_failed_in_crypto
                     ? code != LOS_E_CRYPTO && code != LOS_OK
                     : code != LOS_E_MEMORY;
        leaks += alloc_live != live;
        live = alloc_live;
    }
    alloc_fail_at = 0;
    ok(calls > 0, "%s: %ld allocations", name, calls);
    is_int(wrong, 0, "%s: an error when one of them fails", name);
    is_int(leaks, 0, "%s: and no leak", name);
}

#endif
