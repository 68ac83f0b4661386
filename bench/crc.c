/* CRC-64 alone.
 *
 *   crc BITS BYTES TOTAL   over TOTAL bytes in pieces of BYTES; BITS a step:
 *                          0 (tables), 128 or 512 */
#include "core/crc64.h"
#include "measure.h"

#include <string.h>

int
main(int n, char **args)
{
    int bits = n == 4 ? atoi(args[1]) : -1;
    size_t bytes = n == 4 ? strtoul(args[2], NULL, 10) : 0;
    long count = n == 4 ? (long)(strtoul(args[3], NULL, 10) / bytes) : 0, i;
    char *data = malloc(bytes);
    uint64_t crc = 0;
    struct measure m;

    if (bits < 0 || data == NULL)
        measure_fail("see the top of crc.c");
    memset(data, 'x', bytes);
    measure_begin(&m);
    for (i = 0; i < count; i++)
        crc = los_crc64_by(bits, crc, data, bytes);
    measure_end(&m, count);
    return crc == 0; /* so that it is not left out */
}
