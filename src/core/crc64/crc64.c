/* The portable CRC, the choice between the ways, and the combination. */
#include "core/crc64.h"
#include "core/crc64/clmul.h"
#include "core/crc64/table.h"

static const uint64_t table[8][256] = LOS_CRC64_TABLES;

static uint64_t
load(const unsigned char *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16
           | (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40
           | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* Works on the register, which is the complement of the CRC. */
static uint64_t
update(uint64_t state, const unsigned char *p, size_t n)
{
    for (; n >= 8; n -= 8, p += 8) {
        uint64_t x = state ^ load(p);

        state = table[7][x & 255] ^ table[6][x >> 8 & 255]
                ^ table[5][x >> 16 & 255] ^ table[4][x >> 24 & 255]
                ^ table[3][x >> 32 & 255] ^ table[2][x >> 40 & 255]
                ^ table[1][x >> 48 & 255] ^ table[0][x >> 56];
    }
    for (; n > 0; n--, p++)
        state = state >> 8 ^ table[0][(state ^ *p) & 255];
    return state;
}

/* Folds what can be folded; returns how many bytes that were, and in rest 16
 * bytes that stand for them. */
static size_t
fold(int bits, uint64_t state, const unsigned char *p, size_t n,
     unsigned char rest[16])
{
#ifdef LOS_CRC64_CLMUL
    int width = los_crc64_width();

    if (bits > width)
        bits = width;
    if (bits >= 512 && n >= LOS_CRC64_FROM_512)
        return los_crc64_fold_512(state, p, n, rest);
    if (bits >= 128 && n >= LOS_CRC64_FROM_128)
        return los_crc64_fold_128(state, p, n, rest);
#endif
    (void)bits;
    (void)state;
    (void)p;
    (void)n;
    (void)rest;
    return 0;
}

uint64_t
los_crc64_by(int bits, uint64_t crc, const void *data, size_t n)
{
    const unsigned char *p = data;
    unsigned char rest[16];
    uint64_t state = ~crc;
    size_t folded = fold(bits, state, p, n, rest);

    if (folded > 0)
        state = update(0, rest, sizeof(rest));
    return ~update(state, p + folded, n - folded);
}

uint64_t
los_crc64(uint64_t crc, const void *data, size_t n)
{
    return los_crc64_by(512, crc, data, n);
}

/* Polynomials modulo the CRC's, the highest bit being the constant term. */

static uint64_t
times_x(uint64_t a)
{
    return a >> 1 ^ (a & 1 ? 0xc96c5795d7870f42u : 0);
}

static uint64_t
times(uint64_t a, uint64_t b)
{
    uint64_t product = 0;

    for (; a != 0; a <<= 1, b = times_x(b))
        if (a >> 63)
            product ^= b;
    return product;
}

/* Appending B shifts the CRC of A by 8 bits for each byte of B. */
uint64_t
los_crc64_combine(uint64_t a, uint64_t b, uint64_t length_b)
{
    uint64_t power = (uint64_t)1 << 55; /* x^8, then its squares */

    if (length_b == 0)
        return a; /* whatever B's CRC is said to be */
    for (; length_b > 0; length_b >>= 1) {
        if (length_b & 1)
            a = times(a, power);
        power = times(power, power);
    }
    return a ^ b;
}
