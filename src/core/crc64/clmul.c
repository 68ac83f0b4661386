/* Folding as in V. Gopal et al., "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction" (Intel, 2009), for a reflected
 * CRC: a register of 128 bits is multiplied by x^D and added to the bytes
 * that stand D bits later, until 16 bytes are left.
 *
 * The low half stands for the higher powers, so it needs x^(D+64); the
 * product of two reflected halves comes out one power too high, so both
 * constants are one power lower: x^(D+63) and x^(D-1) modulo the CRC's
 * polynomial, reflected. */
#include "core/crc64/clmul.h"

#ifdef LOS_CRC64_CLMUL

#include <emmintrin.h>
#include <wmmintrin.h>

#define LOS_TARGET __attribute__((target("sse2,pclmul")))

int
los_crc64_has_clmul(void)
{
    return __builtin_cpu_supports("pclmul") != 0;
}

LOS_TARGET static inline __m128i
constants(uint64_t high_half, uint64_t low_half)
{
    return _mm_set_epi64x((long long)high_half, (long long)low_half);
}

LOS_TARGET static inline __m128i
load(const unsigned char *p)
{
    return _mm_loadu_si128((const void *)p);
}

LOS_TARGET static inline __m128i
fold(__m128i a, __m128i by, __m128i into)
{
    __m128i low = _mm_clmulepi64_si128(a, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(a, by, 0x11);

    return _mm_xor_si128(_mm_xor_si128(low, high), into);
}

LOS_TARGET size_t
los_crc64_fold(uint64_t state, const unsigned char *p, size_t n,
               unsigned char rest[16])
{
    const __m128i by_512 = constants(0x081f6054a7842df4, 0x6ae3efbb9dd441f3);
    const __m128i by_128 = constants(0xdabe95afc7875f40, 0xe05dd497ca393ae4);
    const unsigned char *start = p;
    __m128i a = _mm_xor_si128(load(p), _mm_cvtsi64_si128((long long)state));
    __m128i b = load(p + 16), c = load(p + 32), d = load(p + 48);

    for (p += 64, n -= 64; n >= 64; p += 64, n -= 64) {
        a = fold(a, by_512, load(p));
        b = fold(b, by_512, load(p + 16));
        c = fold(c, by_512, load(p + 32));
        d = fold(d, by_512, load(p + 48));
    }
    b = fold(a, by_128, b);
    c = fold(b, by_128, c);
    d = fold(c, by_128, d);
    for (; n >= 16; p += 16, n -= 16)
        d = fold(d, by_128, load(p));
    _mm_storeu_si128((void *)rest, d);
    return (size_t)(p - start);
}

#else

/* A translation unit is not allowed to be empty. */
typedef int los_crc64_clmul_is_absent;

#endif
