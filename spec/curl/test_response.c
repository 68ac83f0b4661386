/* Answers are cut the same, in whatever pieces they come. */
#include "spec/core/tap.h"

#include "curl/http/response.h"

struct example {
    const char *name, *bytes;
    int error; /* LOS_OK, or of the answer */
    int status;
    const char *body;
    int keep;         /* the connection can serve another request */
    const char *rest; /* what came behind the answer */
};

#define HEAD_OK "HTTP/1.1 200 OK\r\n"
#define CHUNKED HEAD_OK "Transfer-Encoding: chunked\r\n\r\n"

static const struct example examples[] = {
    {"a length", HEAD_OK "Content-Length: 5\r\n\r\nhello", LOS_OK, 200,
     "hello", 1, ""},
    {"no body", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", LOS_OK,
     404, "", 1, ""},
    {"more than the answer", HEAD_OK "Content-Length: 2\r\n\r\nokHTTP/1.1",
     LOS_OK, 200, "ok", 1, "HTTP/1.1"},
    {"lines that end with LF alone",
     "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", LOS_OK, 200, "ok", 1, ""},
    {"the same length twice",
     HEAD_OK "Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", LOS_OK, 200,
     "ok", 1, ""},
    {"204 without a length", "HTTP/1.1 204 No Content\r\n\r\nrest", LOS_OK,
     204, "", 1, "rest"},
    {"304 with a length",
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nrest", LOS_OK, 304,
     "", 1, "rest"},
    {"1xx answers before the real one",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n" HEAD_OK
     "Content-Length: 2\r\n\r\nok",
     LOS_OK, 200, "ok", 1, ""},
    {"the end of the connection", HEAD_OK "\r\nall of it", LOS_OK, 200,
     "all of it", 0, ""},
    {"a connection that closes",
     HEAD_OK "Connection: x, Close\r\nContent-Length: 2\r\n\r\nok", LOS_OK,
     200, "ok", 0, ""},
    {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", LOS_OK, 200,
     "ok", 0, ""},
    {"chunks",
     CHUNKED "4;a=b\r\nwiki\r\n05\r\npedia\r\n0\r\nX-T: 1\r\n\r\nrest", LOS_OK,
     200, "wikipedia", 1, "rest"},
    {"chunks in capitals", CHUNKED "A\r\n0123456789\r\n00\r\n\r\n", LOS_OK,
     200, "0123456789", 1, ""},
    {"chunks and a length, which a smuggler may have put there",
     HEAD_OK "Content-Length: 3\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok"
             "\r\n0\r\n\r\n",
     LOS_OK, 200, "ok", 0, ""},

    {"nothing", "", LOS_E_EMPTY_ANSWER, 0, "", 0, ""},
    {"only a 1xx", "HTTP/1.1 100 Continue\r\n\r\n", LOS_E_EMPTY_ANSWER, 100,
     "", 0, ""},
    {"half a status line", "HTTP/1", LOS_E_TRUNCATED, 0, "", 0, ""},
    {"half a head", HEAD_OK "Content-Le", LOS_E_TRUNCATED, 200, "", 0, ""},
    {"half a body", HEAD_OK "Content-Length: 9\r\n\r\nhalf", LOS_E_TRUNCATED,
     200, "half", 0, ""},
    {"half a chunk", CHUNKED "20\r\nshort", LOS_E_TRUNCATED, 200, "short", 0,
     ""},
    {"no last chunk", CHUNKED "2\r\nok\r\n", LOS_E_TRUNCATED, 200, "ok", 0,
     ""},
    {"no end of the trailers", CHUNKED "0\r\nA: b\r\n", LOS_E_TRUNCATED, 200,
     "", 0, ""},

    {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", LOS_E_MALFORMED, 0, "", 0, NULL},
    {"no HTTP, and no end of a line", "SSH", LOS_E_MALFORMED, 0, "", 0, NULL},
    {"HTTP/2", "HTTP/2 200\r\n\r\n", LOS_E_MALFORMED, 0, "", 0, NULL},
    {"no status", "HTTP/1.1 abc\r\n\r\n", LOS_E_MALFORMED, 0, "", 0, NULL},
    {"a header without a colon", HEAD_OK "what\r\n\r\n", LOS_E_MALFORMED, 200,
     "", 0, NULL},
    {"another protocol", "HTTP/1.1 101 Switching\r\n\r\n", LOS_E_MALFORMED,
     101, "", 0, NULL},
    {"a length that is none", HEAD_OK "Content-Length: many\r\n\r\n",
     LOS_E_MALFORMED, 200, "", 0, NULL},
    {"a negative length", HEAD_OK "Content-Length: -5\r\n\r\n",
     LOS_E_MALFORMED, 200, "", 0, NULL},
    {"a length beyond all",
     HEAD_OK "Content-Length: 9999999999999999999\r\n\r\n", LOS_E_MALFORMED,
     200, "", 0, NULL},
    {"a list of lengths", HEAD_OK "Content-Length: 2, 2\r\n\r\n",
     LOS_E_MALFORMED, 200, "", 0, NULL},
    {"two lengths", HEAD_OK "Content-Length: 2\r\nContent-Length: 3\r\n\r\n",
     LOS_E_MALFORMED, 200, "", 0, NULL},
    {"an encoding that nobody asked for",
     HEAD_OK "Transfer-Encoding: gzip, chunked\r\n\r\n", LOS_E_MALFORMED, 200,
     "", 0, NULL},
    {"two encodings",
     HEAD_OK "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
             "\r\n",
     LOS_E_MALFORMED, 200, "", 0, NULL},
    {"a chunk without a size", CHUNKED "xyz\r\n", LOS_E_MALFORMED, 200, "", 0,
     NULL},
    {"a chunk with too large a size", CHUNKED "1000000000000000\r\n",
     LOS_E_MALFORMED, 200, "", 0, NULL},
    {"a chunk that is longer than its size", CHUNKED "2\r\nokay\r\n",
     LOS_E_MALFORMED, 200, "ok", 0, NULL},
};

#define EXAMPLES (sizeof(examples) / sizeof(*examples))

/* Takes the bytes in pieces of that size, then the end of the connection. */
static int
take(struct los_response *r, struct los_answer *a, los_str bytes, size_t piece,
     los_str *rest)
{
    int error = LOS_OK;

    los_response_begin(r, 0);
    *rest = bytes;
    while (bytes.n > 0 && error == LOS_OK && r->state != LOS_RESPONSE_DONE) {
        los_str data = guarded_str(
            los_str_of(bytes.p, piece < bytes.n ? piece : bytes.n));
        const size_t given = data.n;

        error = los_response_take(r, a, &data);
        bytes =
            los_str_of(bytes.p + (given - data.n), bytes.n - (given - data.n));
    }
    if (error == LOS_OK && r->state != LOS_RESPONSE_DONE)
        error = los_response_end(r, a);
    *rest = bytes;
    return error;
}

static int
is_as_expected(const struct example *e, struct los_response *r, size_t piece)
{
    struct los_answer a;
    los_str rest;
    int error, good;

    los_answer_init(&a, 1000, NULL);
    error = take(r, &a, los_str_of(e->bytes, strlen(e->bytes)), piece, &rest);
    good = error == e->error && a.error == e->error && a.status == e->status
           && los_str_equal(los_buf_str(&a.body),
                            los_str_of(e->body, strlen(e->body)))
           && (e->error != LOS_OK || r->keep == e->keep)
           && (e->rest == NULL
               || los_str_equal(rest, los_str_of(e->rest, strlen(e->rest))));
    if (!good)
        printf("# in pieces of %zu: error %d, status %d, body %.*s, keep %d, "
               "rest %.*s\n",
               piece, error, a.status, (int)a.body.n, a.body.p, r->keep,
               (int)rest.n, rest.p);
    los_answer_free(&a);
    return good;
}

static void
test_examples(void)
{
    struct los_response r;
    size_t i, piece;

    los_response_init(&r);
    for (i = 0; i < EXAMPLES; i++) {
        int good = 1;

        for (piece = 1; piece <= strlen(examples[i].bytes) + 1; piece++)
            good &= is_as_expected(&examples[i], &r, piece);
        ok(good, "%s", examples[i].name);
    }
    los_response_free(&r);
}

static void
test_no_body(void)
{
    struct los_response r;
    struct los_answer a;
    los_str data = LOS_STR(HEAD_OK "Content-Length: 5\r\n\r\n");

    los_answer_init(&a, 10, NULL);
    los_response_init(&r);
    los_response_begin(&r, 1);
    is_int(los_response_take(&r, &a, &data), LOS_OK, "HEAD");
    ok(r.state == LOS_RESPONSE_DONE && r.keep && a.body.n == 0,
       "its answer has no body, whatever its length says");
    los_response_free(&r);
    los_answer_free(&a);
}

/* Says the same again and again. */
static int
flood(const char *first, const char *again)
{
    struct los_response r;
    struct los_answer a;
    los_str data = los_str_of(first, strlen(first));
    int error, i;

    los_answer_init(&a, 10, NULL);
    los_response_init(&r);
    los_response_begin(&r, 0);
    error = los_response_take(&r, &a, &data);
    for (i = 0; i < 1000000 && error == LOS_OK; i++) {
        data = los_str_of(again, strlen(again));
        error = los_response_take(&r, &a, &data);
    }
    los_response_free(&r);
    los_answer_free(&a);
    return error;
}

static void
test_floods(void)
{
    const int too_large = LOS_E_ANSWER_TOO_LARGE;

    is_int(flood("", "HTTP/1.1 100 Continue\r\nA: b\r\n\r\n"), too_large,
           "1xx answers without end");
    is_int(flood(HEAD_OK, "A: b\r\n"), too_large, "headers without end");
    is_int(flood(HEAD_OK "A: ", "bbbbbbbbbb"), too_large,
           "a header without end");
    is_int(flood(CHUNKED, "bbbb"), LOS_E_ANSWER_TOO_LARGE,
           "a size of a chunk without end");
    is_int(flood(CHUNKED "0\r\n", "A: b\r\n"), too_large,
           "trailers without end");
    is_int(flood(HEAD_OK "\r\n", "body"), too_large, "a body without end");
}

static int
run_in_pieces(void)
{
    const los_str bytes =
        LOS_STR(HEAD_OK "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n"
                        "\r\n");
    struct los_response r;
    struct los_answer a;
    los_str rest;
    int error;

    los_answer_init(&a, 10, NULL);
    los_response_init(&r);
    error = take(&r, &a, bytes, 3, &rest);
    los_response_free(&r);
    los_answer_free(&a);
    return error;
}

int
main(void)
{
    test_examples();
    test_no_body();
    test_floods();
    torture("pieces of an answer", run_in_pieces);
    return done();
}
