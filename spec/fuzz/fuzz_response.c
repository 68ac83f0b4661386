/* An answer is understood the same, in whatever pieces it comes. */
#include "curl/http/response.h"
#include "core/err.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
    struct los_response response;
    struct los_answer answer;
    int error;
    size_t taken;
};

static void
read_all(struct reading *r, los_str bytes, size_t piece)
{
    const size_t n = bytes.n;
    int error = LOS_OK;

    los_answer_init(&r->answer, 100000, NULL);
    los_response_init(&r->response);
    los_response_begin(&r->response, 0);
    while (bytes.n > 0 && error == LOS_OK
           && r->response.state != LOS_RESPONSE_DONE) {
        los_str part = los_str_of(bytes.p, piece < bytes.n ? piece : bytes.n);
        const size_t given = part.n;

        error = los_response_take(&r->response, &r->answer, &part);
        bytes =
            los_str_of(bytes.p + (given - part.n), bytes.n - (given - part.n));
    }
    if (error == LOS_OK && r->response.state != LOS_RESPONSE_DONE)
        error = los_response_end(&r->response, &r->answer);
    if ((error == LOS_OK) != (r->answer.error == LOS_OK)
        || (error == LOS_OK && r->response.state != LOS_RESPONSE_DONE))
        abort();
    r->error = error;
    r->taken = n - bytes.n;
}

static void
drop(struct reading *r)
{
    los_response_free(&r->response);
    los_answer_free(&r->answer);
}

/* The first byte says how long the pieces are. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading whole, pieces;
    los_str bytes;

    if (size == 0)
        return 0;
    bytes = los_str_of((const char *)data + 1, size - 1);
    read_all(&whole, bytes, bytes.n);
    read_all(&pieces, bytes, (size_t)data[0] + 1);
    if (whole.error != pieces.error
        || (whole.error == LOS_OK
            && (whole.taken != pieces.taken
                || whole.response.keep != pieces.response.keep
                || whole.answer.status != pieces.answer.status
                || !los_str_equal(los_buf_str(&whole.answer.body),
                                  los_buf_str(&pieces.answer.body)))))
        abort();
    drop(&whole);
    drop(&pieces);
    return 0;
}
