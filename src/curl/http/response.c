#include "curl/http/response.h"
#include "core/err.h"

#include <string.h>

/* Longer lines, more head (1xx answers included) and longer trailers are
 * nothing that OSS sends. */
#define LINE_MAX_BYTES 65536
#define HEAD_MAX_BYTES (256 * 1024)

void
los_response_init(struct los_response *r)
{
    memset(r, 0, sizeof(*r));
    los_buf_init(&r->line, LINE_MAX_BYTES);
}

void
los_response_begin(struct los_response *r, int no_body)
{
    los_buf_reset(&r->line);
    r->state = LOS_RESPONSE_START;
    r->no_body = no_body;
    r->keep = 0;
    r->head_left = HEAD_MAX_BYTES;
}

void
los_response_free(struct los_response *r)
{
    los_buf_free(&r->line);
}

static int
fail(struct los_answer *a, int error, const char *detail)
{
    los_answer_fail(a, error, detail, 0);
    return a->error;
}

static int
malformed(struct los_answer *a, const char *detail)
{
    return fail(a, LOS_E_MALFORMED, detail);
}

/* ---- lines */

static los_str
bare(los_str line)
{
    while (line.n > 0
           && (line.p[line.n - 1] == '\n' || line.p[line.n - 1] == '\r'))
        line.n--;
    return line;
}

/* Takes a line with its end: 1, or 0 when more must come. A line that is
 * whole in data is not copied; it stays until the next call. */
static int
next_line(struct los_response *r, los_str *data, los_str *line)
{
    const char *lf = memchr(data->p, '\n', data->n);
    size_t n = lf != NULL ? (size_t)(lf - data->p) + 1 : data->n;
    los_str piece = los_str_of(data->p, n);

    data->p += n;
    data->n -= n;
    if (lf != NULL && r->line.n == 0) {
        *line = piece;
        return 1;
    }
    los_buf_add_str(&r->line, piece);
    *line = los_buf_str(&r->line);
    return lf != NULL && los_buf_error(&r->line) == LOS_OK;
}

/* Why there is no line. */
static int
line_error(struct los_response *r, struct los_answer *a)
{
    const int error = los_buf_error(&r->line);

    if (error == LOS_E_LIMIT)
        return fail(a, LOS_E_ANSWER_TOO_LARGE, "headers");
    return error == LOS_OK ? LOS_OK : fail(a, error, NULL);
}

static int
count_head(struct los_response *r, struct los_answer *a, size_t n)
{
    if (n > r->head_left)
        return fail(a, LOS_E_ANSWER_TOO_LARGE, "headers");
    r->head_left -= n;
    return LOS_OK;
}

/* ---- where the body ends */

/* Whether "close" is among the words of a Connection header. */
static int
has_close(los_str value)
{
    while (value.n > 0) {
        const char *comma = memchr(value.p, ',', value.n);
        size_t n = comma != NULL ? (size_t)(comma - value.p) : value.n;
        los_str word = los_str_of(value.p, n);

        if (los_str_is_named(los_str_trim(word), LOS_STR("close")))
            return 1;
        n += comma != NULL;
        value = los_str_of(value.p + n, value.n - n);
    }
    return 0;
}

/* -1 for what is no length. */
static int64_t
parse_length(los_str s)
{
    int64_t n = 0;
    size_t i;

    if (s.n == 0 || s.n > 18)
        return -1;
    for (i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return -1;
        n = n * 10 + (s.p[i] - '0');
    }
    return n;
}

/* -1 for what is no size; an extension may follow it. */
static int64_t
parse_chunk_size(los_str s)
{
    int64_t n = 0;
    size_t i;

    for (i = 0; i < s.n && i < 15; i++) {
        const char c = s.p[i];

        if (c >= '0' && c <= '9')
            n = n * 16 + (c - '0');
        else if ((c | 32) >= 'a' && (c | 32) <= 'f')
            n = n * 16 + ((c | 32) - 'a' + 10);
        else
            break;
    }
    if (i == 0
        || (i < s.n && s.p[i] != ';' && s.p[i] != ' ' && s.p[i] != '\t'))
        return -1;
    return n;
}

/* The head is complete. */
static int
find_body(struct los_response *r, struct los_answer *a)
{
    int chunked = 0;
    int64_t length = -1;
    los_str name, value;
    size_t at = 0;

    while (los_answer_header(a, &at, &name, &value)) {
        if (los_str_is_named(name, LOS_STR("content-length"))) {
            const int64_t n = parse_length(value);

            if (n < 0 || (length >= 0 && n != length))
                return malformed(a, "Content-Length is no length");
            length = n;
        } else if (los_str_is_named(name, LOS_STR("transfer-encoding"))) {
            if (chunked || !los_str_is_named(value, LOS_STR("chunked")))
                return malformed(a, "Transfer-Encoding is not chunked");
            chunked = 1;
        } else if (los_str_is_named(name, LOS_STR("connection"))
                   && has_close(value)) {
            r->keep = 0;
        }
    }
    if (chunked && length >= 0)
        r->keep = 0; /* the length may be a smuggler's */
    r->left = length;
    if (r->no_body || a->status == 204 || a->status == 304
        || (!chunked && length == 0))
        r->state = LOS_RESPONSE_DONE;
    else if (chunked)
        r->state = LOS_RESPONSE_CHUNK_SIZE;
    else if (length > 0)
        r->state = LOS_RESPONSE_BODY;
    else
        r->state = LOS_RESPONSE_UNTIL_CLOSE;
    if (r->state == LOS_RESPONSE_UNTIL_CLOSE)
        r->keep = 0;
    return LOS_OK;
}

/* ---- head */

static int
take_status(struct los_response *r, struct los_answer *a, los_str line)
{
    if (!los_str_starts(line, LOS_STR("HTTP/1.")))
        return malformed(a, NULL);
    r->keep = !los_str_starts(line, LOS_STR("HTTP/1.0"));
    r->state = LOS_RESPONSE_HEAD;
    return los_answer_head_line(a, line);
}

static int
take_header(struct los_response *r, struct los_answer *a, los_str line)
{
    const los_str text = bare(line);
    int error;

    if (text.n > 0 && text.p[0] != ' ' && text.p[0] != '\t'
        && memchr(text.p, ':', text.n) == NULL)
        return malformed(a, "a header has no colon");
    error = los_answer_head_line(a, line);
    if (error != LOS_OK || text.n > 0)
        return error;
    if (a->status >= 200)
        return find_body(r, a);
    if (a->status == 101)
        return malformed(a, "it switches to a protocol nobody asked for");
    r->state = LOS_RESPONSE_START;
    return LOS_OK;
}

/* What cannot become a status line is refused before its end has come. */
static int
check_start(struct los_response *r, struct los_answer *a)
{
    static const char start[] = "HTTP/1.";
    const size_t n = r->line.n < 7 ? r->line.n : 7;

    return memcmp(r->line.n > 0 ? r->line.p : start, start, n) == 0
               ? LOS_OK
               : malformed(a, NULL);
}

/* ---- body */

static int
take_chunk_size(struct los_response *r, struct los_answer *a, los_str line)
{
    r->left = parse_chunk_size(bare(line));
    if (r->left < 0)
        return malformed(a, "a chunk has no size");
    r->state = r->left > 0 ? LOS_RESPONSE_CHUNK : LOS_RESPONSE_TRAILERS;
    return LOS_OK;
}

static int
take_line(struct los_response *r, struct los_answer *a, los_str line)
{
    switch (r->state) {
    case LOS_RESPONSE_START: return take_status(r, a, line);
    case LOS_RESPONSE_HEAD: return take_header(r, a, line);
    case LOS_RESPONSE_CHUNK_SIZE: return take_chunk_size(r, a, line);
    case LOS_RESPONSE_CHUNK_END:
        r->state = LOS_RESPONSE_CHUNK_SIZE;
        return bare(line).n == 0 ? LOS_OK : malformed(a, "a chunk is longer");
    default: /* trailers, which nobody reads */
        if (bare(line).n == 0)
            r->state = LOS_RESPONSE_DONE;
        return LOS_OK;
    }
}

static int
take_lines(struct los_response *r, struct los_answer *a, los_str *data)
{
    const int is_head =
        r->state <= LOS_RESPONSE_HEAD || r->state == LOS_RESPONSE_TRAILERS;
    const size_t before = data->n;
    los_str line;
    int whole = next_line(r, data, &line), error;

    error = is_head ? count_head(r, a, before - data->n) : LOS_OK;
    if (error == LOS_OK)
        error = whole ? take_line(r, a, line) : line_error(r, a);
    if (error == LOS_OK && !whole && r->state == LOS_RESPONSE_START)
        error = check_start(r, a);
    if (whole)
        los_buf_truncate(&r->line, 0);
    return error;
}

static int
take_body(struct los_response *r, struct los_answer *a, los_str *data)
{
    size_t n = data->n;
    int error;

    if (r->state != LOS_RESPONSE_UNTIL_CLOSE && (int64_t)n > r->left)
        n = (size_t)r->left;
    error = los_answer_write(a, los_str_of(data->p, n));
    data->p += n;
    data->n -= n;
    if (r->state == LOS_RESPONSE_UNTIL_CLOSE)
        return error;
    r->left -= (int64_t)n;
    if (r->left == 0)
        r->state = r->state == LOS_RESPONSE_BODY ? LOS_RESPONSE_DONE
                                                 : LOS_RESPONSE_CHUNK_END;
    return error;
}

int
los_response_take(struct los_response *r, struct los_answer *a, los_str *data)
{
    int error = LOS_OK;

    while (error == LOS_OK && data->n > 0 && r->state != LOS_RESPONSE_DONE)
        switch (r->state) {
        case LOS_RESPONSE_BODY:
        case LOS_RESPONSE_CHUNK:
        case LOS_RESPONSE_UNTIL_CLOSE: error = take_body(r, a, data); break;
        default: error = take_lines(r, a, data); break;
        }
    return error;
}

int
los_response_end(struct los_response *r, struct los_answer *a)
{
    r->keep = 0;
    switch (r->state) {
    case LOS_RESPONSE_UNTIL_CLOSE: r->state = LOS_RESPONSE_DONE; break;
    case LOS_RESPONSE_DONE: break;
    case LOS_RESPONSE_START:
        if (r->line.n == 0)
            return fail(a, LOS_E_EMPTY_ANSWER, NULL);
        return fail(a, LOS_E_TRUNCATED, NULL);
    default: return fail(a, LOS_E_TRUNCATED, NULL);
    }
    return LOS_OK;
}
