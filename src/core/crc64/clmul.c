/* Folding as in V. Gopal et al., "Fast CRC Computation for Generic
 * Polynomials Using PCLMULQDQ Instruction" (Intel, 2009), for a reflected
 * CRC: a register of 128 bits is multiplied by x^D and added to the bytes
 * that stand D bits later, until 16 bytes are left.
 *
 * The low half stands for the higher powers, so it needs x^(D+64); the
 * product of two reflected halves comes out one power too high, so both
 * constants are one power lower: x^(D+63) and x^(D-1) modulo the CRC's
 * polynomial, reflected.
 *
 * A vector of 512 bits holds four such registers, for 16 bytes each that
 * stand side by side. */
#include "core/crc64/clmul.h"

#ifdef LOS_CRC64_CLMUL

#include <immintrin.h>

#define NARROW __attribute__((target("sse2,pclmul")))
#define WIDE   __attribute__((target("avx512f,pclmul,vpclmulqdq")))

int
los_crc64_width(void)
{
    if (!__builtin_cpu_supports("pclmul"))
        return 0;
    return __builtin_cpu_supports("avx512f")
                   && __builtin_cpu_supports("vpclmulqdq")
               ? 512
               : 128;
}

/* For the halves of a register that is folded by so many bits. */
#define BY_128                                                                \
    _mm_set_epi64x((long long)0xdabe95afc7875f40,                             \
                   (long long)0xe05dd497ca393ae4)
#define BY_512                                                                \
    _mm_set_epi64x((long long)0x081f6054a7842df4,                             \
                   (long long)0x6ae3efbb9dd441f3)
#define BY_2048                                                               \
    _mm_set_epi64x((long long)0xf31fd9271e228b79,                             \
                   (long long)0x8260adf2381ad81c)

/* ---- 128 bits a step, four registers in turn */

NARROW static inline __m128i
load(const unsigned char *p)
{
    return _mm_loadu_si128((const void *)p);
}

NARROW static inline __m128i
fold(__m128i a, __m128i by, __m128i into)
{
    __m128i low = _mm_clmulepi64_si128(a, by, 0x00);
    __m128i high = _mm_clmulepi64_si128(a, by, 0x11);

    return _mm_xor_si128(_mm_xor_si128(low, high), into);
}

/* Four registers that stand side by side, and what is left behind them. */
NARROW static const unsigned char *
fold_rest(const __m128i four[4], const unsigned char *p, size_t n,
          unsigned char rest[16])
{
    __m128i a = four[0];
    int i;

    for (i = 1; i < 4; i++)
        a = fold(a, BY_128, four[i]);
    for (; n >= 16; p += 16, n -= 16)
        a = fold(a, BY_128, load(p));
    _mm_storeu_si128((void *)rest, a);
    return p;
}

NARROW size_t
los_crc64_fold_128(uint64_t state, const unsigned char *p, size_t n,
                   unsigned char rest[16])
{
    const unsigned char *start = p;
    __m128i r[4];
    int i;

    for (i = 0; i < 4; i++)
        r[i] = load(p + 16 * i);
    r[0] = _mm_xor_si128(r[0], _mm_cvtsi64_si128((long long)state));
    for (p += 64, n -= 64; n >= 64; p += 64, n -= 64)
        for (i = 0; i < 4; i++)
            r[i] = fold(r[i], BY_512, load(p + 16 * i));
    return (size_t)(fold_rest(r, p, n, rest) - start);
}

/* ---- 512 bits a step, four vectors in turn */

WIDE static inline __m512i
load_wide(const unsigned char *p)
{
    return _mm512_loadu_si512((const void *)p);
}

WIDE static inline __m512i
fold_wide(__m512i a, __m512i by, __m512i into)
{
    __m512i low = _mm512_clmulepi64_epi128(a, by, 0x00);
    __m512i high = _mm512_clmulepi64_epi128(a, by, 0x11);

    return _mm512_ternarylogic_epi64(low, high, into, 0x96); /* xor */
}

WIDE size_t
los_crc64_fold_512(uint64_t state, const unsigned char *p, size_t n,
                   unsigned char rest[16])
{
    const __m512i by_2048 = _mm512_broadcast_i32x4(BY_2048);
    const __m512i by_512 = _mm512_broadcast_i32x4(BY_512);
    const unsigned char *start = p;
    __m512i r[4];
    __m128i four[4];
    int i;

    for (i = 0; i < 4; i++)
        r[i] = load_wide(p + 64 * i);
    r[0] = _mm512_xor_si512(
        r[0], _mm512_zextsi128_si512(_mm_cvtsi64_si128((long long)state)));
    for (p += 256, n -= 256; n >= 256; p += 256, n -= 256)
        for (i = 0; i < 4; i++)
            r[i] = fold_wide(r[i], by_2048, load_wide(p + 64 * i));
    for (i = 1; i < 4; i++)
        r[0] = fold_wide(r[0], by_512, r[i]);
    for (; n >= 64; p += 64, n -= 64)
        r[0] = fold_wide(r[0], by_512, load_wide(p));
    _mm512_storeu_si512((void *)four, r[0]);
    return (size_t)(fold_rest(four, p, n, rest) - start);
}

#else

/* A translation unit is not allowed to be empty. */
typedef int los_crc64_clmul_is_absent;

#endif
