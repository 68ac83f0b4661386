/* CRC-64 by carry-less multiplication, where the compiler can make it. */
#ifndef LOS_CRC64_CLMUL_H
#define LOS_CRC64_CLMUL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 8)
#define LOS_CRC64_CLMUL

/* Bits that this CPU multiplies at once: 0, 128 or 512. */
int los_crc64_width(void);

/* The least that is worth the set-up of the folding, in bytes. */
#define LOS_CRC64_FROM_128 128
#define LOS_CRC64_FROM_512 512

/* Folds the first bytes of p, at least those, into 16 bytes that have the
 * same CRC register after a start from 0. Returns how many bytes were folded,
 * a multiple of 16; fewer than 16 are left. */
size_t los_crc64_fold_128(uint64_t state, const unsigned char *p, size_t n,
                          unsigned char rest[16]);
size_t los_crc64_fold_512(uint64_t state, const unsigned char *p, size_t n,
                          unsigned char rest[16]);
#endif

#endif
