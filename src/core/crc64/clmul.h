/* CRC-64 by carry-less multiplication, where the compiler can make it. */
#ifndef LOS_CRC64_CLMUL_H
#define LOS_CRC64_CLMUL_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define LOS_CRC64_CLMUL

/* 1 when this CPU has the instruction. */
int los_crc64_has_clmul(void);

/* Folds the first bytes of p, at least 64, into 16 bytes that have the same
 * CRC register after a start from 0. Returns how many bytes were folded, a
 * multiple of 16; fewer than 16 are left. */
size_t los_crc64_fold(uint64_t state, const unsigned char *p, size_t n,
                      unsigned char rest[16]);
#endif

#endif
