/* Strict decoders: what they take has one form, and comes back from it. What
 * any bytes are encoded to decodes to them. The CRC has one value, however it
 * is come by. */
#include "core/crc64.h"
#include "core/encode.h"
#include "core/err.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct los_buf a, b;

static void
check(int good)
{
    if (!good)
        abort();
}

static void
start(void)
{
    los_buf_free(&a);
    los_buf_free(&b);
    los_buf_init(&a, 1 << 24);
    los_buf_init(&b, 1 << 24);
}

static void
decode(los_str in)
{
    start();
    if (los_add_unbase64(&a, in) == LOS_OK) {
        los_add_base64(&b, los_buf_str(&a));
        check(los_str_equal(los_buf_str(&b), in));
    } else {
        check(a.n == 0);
    }
    start();
    if (los_add_unpercent(&a, in) != LOS_OK)
        check(a.n == 0);
    start();
    if (los_add_json_string(&a, in) == LOS_OK)
        check(los_is_utf8(los_buf_str(&a)) && a.n >= in.n + 2);
    else
        check(a.n == 0 && !los_is_utf8(in));
}

static void
encode(los_str in)
{
    int keep_slash;

    start();
    los_add_base64(&a, in);
    check(los_add_unbase64(&b, los_buf_str(&a)) == LOS_OK
          && los_str_equal(los_buf_str(&b), in));
    for (keep_slash = 0; keep_slash < 2; keep_slash++) {
        start();
        los_add_percent(&a, in, keep_slash);
        check(los_add_unpercent(&b, los_buf_str(&a)) == LOS_OK
              && los_str_equal(los_buf_str(&b), in));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    los_str in = los_str_of((const char *)data, size);
    size_t cut = size > 0 ? data[0] % size : 0;
    uint64_t crc = los_crc64(0, data, size);

    decode(in);
    encode(in);
    check(crc == los_crc64_by(0, 0, data, size));
    check(crc == los_crc64(los_crc64(0, data, cut), data + cut, size - cut));
    check(crc
          == los_crc64_combine(los_crc64(0, data, cut),
                               los_crc64(0, data + cut, size - cut),
                               size - cut));
    return 0;
}
