/* A borrowed slice of bytes: never owned, not terminated, may hold NUL. */
#ifndef LOS_STR_H
#define LOS_STR_H

#include <stddef.h>
#include <string.h>

typedef struct {
    const char *p;
    size_t n;
} los_str;

/* A slice of a string literal. */
#define LOS_STR(literal) los_str_of("" literal, sizeof(literal) - 1)

static inline los_str
los_str_of(const char *p, size_t n)
{
    los_str s;

    s.p = n > 0 ? p : "";
    s.n = n;
    return s;
}

static inline int
los_str_equal(los_str a, los_str b)
{
    return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static inline int
los_str_starts(los_str s, los_str prefix)
{
    return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

/* Compares without regard to the case of ASCII letters; lower is in lower
 * case. */
static inline int
los_str_is_named(los_str s, los_str lower)
{
    size_t i;

    if (s.n != lower.n)
        return 0;
    for (i = 0; i < s.n; i++) {
        char c = s.p[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c + 32);
        if (c != lower.p[i])
            return 0;
    }
    return 1;
}

/* Without spaces and tabs at both ends. */
static inline los_str
los_str_trim(los_str s)
{
    while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

#endif
