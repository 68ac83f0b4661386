#include "core/callback/callback.h"
#include "core/encode.h"
#include "core/err.h"

/* Decodes %XX like Python's unquote, which OSS's samples use: what is no
 * escape stays. */
static void
add_lenient_unpercent(struct los_buf *out, los_str in)
{
    size_t i = 0;

    while (i < in.n) {
        size_t n = in.p[i] == '%' && in.n - i >= 3 ? 3 : 1;

        if (los_add_unpercent(out, los_str_of(in.p + i, n)) != LOS_OK) {
            n = 1;
            los_buf_add_char(out, in.p[i]);
        }
        i += n;
    }
}

int
los_callback_string_to_verify(los_str target, los_str body,
                              struct los_buf *out)
{
    size_t start = out->n, n = 0;

    if (target.n == 0 || target.p[0] != '/')
        return LOS_E_ARGUMENT;
    while (n < target.n && target.p[n] != '?')
        n++;
    add_lenient_unpercent(out, los_str_of(target.p, n));
    los_buf_add(out, target.p + n, target.n - n);
    los_buf_add_char(out, '\n');
    los_buf_add_str(out, body);
    if (los_buf_error(out) != LOS_OK)
        los_buf_truncate(out, start);
    return los_buf_error(out);
}
