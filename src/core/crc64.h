/* CRC-64/XZ, the checksum that OSS returns as x-oss-hash-crc64ecma.
 * Check value: "123456789" gives 0x995dc9bbdf1939fa. */
#ifndef LOS_CRC64_H
#define LOS_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* The CRC of everything so far: crc is that of the bytes before, 0 at the
 * start. Takes the fastest way the CPU has. */
uint64_t los_crc64(uint64_t crc, const void *data, size_t n);

/* The CRC of A followed by B, from the CRC of A, that of B, and B's length;
 * that of A when the length is 0. */
uint64_t los_crc64_combine(uint64_t a, uint64_t b, uint64_t length_b);

/* los_crc64() with steps of at most so many bits, or of what the CPU has:
 * 0 (tables, for every CPU), 128 or 512 (carry-less multiplication). */
uint64_t los_crc64_by(int bits, uint64_t crc, const void *data, size_t n);

#endif
