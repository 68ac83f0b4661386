#include "curl/http/exchange.h"
#include "core/err.h"

#include <string.h>

/* What is received with one call, and how often before others have their
 * turn. */
#define PIECE 16384
#define TURNS 16

/* ---- the request */

/* Larger bodies are better off with libcurl, which reads them in pieces. */
#define BODY_MAX (64 * 1024)

/* Up to here a copy costs less than a TLS record of its own. */
#define COPY_MAX 8192

static int
is_in_memory(const struct los_transfer *t)
{
    const enum los_body_kind kind = t->body.kind;

    return !t->expect && t->rate == 0
           && (kind == LOS_BODY_NONE
               || (kind == LOS_BODY_MEMORY && t->body.length <= BODY_MAX));
}

static int
is_origin_char(char c)
{
    /* No user, and no name that is not ASCII: those are libcurl's. */
    return c > ' ' && c < 127 && strchr("@\\%\"<>^`{|}", c) == NULL;
}

size_t
los_exchange_origin(const struct los_transfer *t)
{
    const char *host = strstr(t->url, "://"), *end;

    if (!is_in_memory(t) || t->is_special || host == NULL)
        return 0;
    host += 3;
    for (end = host; *end != '\0' && *end != '/'; end++)
        if (!is_origin_char(*end) || *end == '?' || *end == '#')
            return 0;
    if (*end != '/' || end == host || strchr(end, '#') != NULL)
        return 0;
    return (size_t)(end - t->url);
}

static void
add_text(struct los_buf *b, const char *text)
{
    los_buf_add(b, text, strlen(text));
}

/* The lines are as libcurl wants them: one without a value ends with a
 * semicolon instead of a colon. */
static void
add_head(struct los_buf *b, const struct los_transfer *t)
{
    const char *line = t->head;
    size_t i;

    for (i = 0; i < t->head_lines; i++) {
        const size_t n = strlen(line);

        los_buf_add(b, line, n);
        if (memchr(line, ':', n) == NULL && b->error == LOS_OK)
            b->p[b->n - 1] = ':';
        los_buf_add_str(b, LOS_STR("\r\n"));
        line += n + 1;
    }
}

static int
write_request(struct los_transfer *t, const char *user_agent)
{
    struct los_connection *c = t->connection;
    struct los_buf *b = &c->request;
    const char *target = t->url + c->origin_size;
    const char *host = strstr(c->origin, "://") + 3;

    los_buf_reset(b);
    add_text(b, t->method);
    los_buf_add_char(b, ' ');
    add_text(b, target);
    los_buf_add_str(b, LOS_STR(" HTTP/1.1\r\nHost: "));
    los_buf_add(b, host, c->origin_size - (size_t)(host - c->origin));
    if (user_agent != NULL) {
        los_buf_add_str(b, LOS_STR("\r\nUser-Agent: "));
        add_text(b, user_agent);
    }
    los_buf_add_str(b, LOS_STR("\r\n"));
    add_head(b, t);
    if (t->body.length > 0 || los_method_has_body(t->method)) {
        los_buf_add_str(b, LOS_STR("Content-Length: "));
        los_buf_add_u64(b, (uint64_t)t->body.length);
        los_buf_add_str(b, LOS_STR("\r\n"));
    }
    los_buf_add_str(b, LOS_STR("\r\n"));
    c->head = b->n;
    c->body =
        los_str_of(los_body_take_memory(&t->body), (size_t)t->body.length);
    if (c->body.n <= COPY_MAX) {
        los_buf_add_str(b, c->body);
        c->body = los_str_of(NULL, 0);
    }
    return los_buf_error(b);
}

/* ---- moving */

static enum los_exchange_state
over(struct los_transfer *t, int error, const char *detail)
{
    if (error != LOS_OK)
        los_answer_fail(&t->answer, error, detail, 0);
    return LOS_EXCHANGE_OVER;
}

/* The connection is gone, and nothing of an answer has come. */
static enum los_exchange_state
gone(struct los_transfer *t, int error)
{
    struct los_connection *c = t->connection;

    if (c->served == 0)
        return over(t, error,
                    c->easy->error[0] != '\0' ? c->easy->error : NULL);
    t->sent_before |= los_exchange_is_sent(c);
    if (t->sent_before && !t->resend)
        return over(t, LOS_E_EMPTY_ANSWER, "the kept connection was dead");
    return LOS_EXCHANGE_AGAIN;
}

static int
has_answer(const struct los_transfer *t)
{
    const struct los_response *r = &t->connection->response;

    return r->state != LOS_RESPONSE_START || r->line.n > 0
           || t->answer.status != 0;
}

static enum los_exchange_state
ended(struct los_transfer *t, ptrdiff_t how)
{
    struct los_connection *c = t->connection;

    if (!has_answer(t))
        return gone(t, how == LOS_IO_END ? LOS_E_EMPTY_ANSWER : LOS_E_RECEIVE);
    if (how == LOS_IO_FAIL)
        return over(t, LOS_E_RECEIVE, c->easy->error);
    los_response_end(&c->response, &t->answer);
    return LOS_EXCHANGE_OVER;
}

static enum los_exchange_state
receive(struct los_transfer *t)
{
    struct los_connection *c = t->connection;
    char piece[PIECE];
    int turn;

    for (turn = 0; turn < TURNS; turn++) {
        const ptrdiff_t n = los_connection_recv(c, piece, sizeof(piece));
        los_str data;

        if (n == 0)
            return LOS_EXCHANGE_GOES_ON;
        if (n < 0)
            return ended(t, n);
        t->touched = 1;
        data = los_str_of(piece, (size_t)n);
        if (los_response_take(&c->response, &t->answer, &data) != LOS_OK)
            return LOS_EXCHANGE_OVER;
        if (c->response.state == LOS_RESPONSE_DONE) {
            c->response.keep &= data.n == 0;
            return LOS_EXCHANGE_OVER;
        }
        if (!c->is_tls && (size_t)n < sizeof(piece))
            return LOS_EXCHANGE_GOES_ON; /* that was all there is */
    }
    c->revents |= CURL_WAIT_POLLIN; /* TLS may hold more than the socket */
    return LOS_EXCHANGE_GOES_ON;
}

static ptrdiff_t
send_some(struct los_connection *c)
{
    const los_str first = los_buf_str(&c->request), second = c->body;
    const size_t n = c->sent;

    if (n < first.n)
        return los_connection_send(c, los_str_of(first.p + n, first.n - n),
                                   second);
    return los_connection_send(
        c, los_str_of(second.p + (n - first.n), second.n - (n - first.n)),
        los_str_of(NULL, 0));
}

static enum los_exchange_state
send_more(struct los_transfer *t)
{
    struct los_connection *c = t->connection;

    while (!los_exchange_is_sent(c)) {
        const ptrdiff_t n = send_some(c);
        enum los_exchange_state state;

        if (n > 0) {
            c->sent += (size_t)n;
            continue;
        }
        if (n == 0)
            return LOS_EXCHANGE_GOES_ON;
        /* The peer may have said why before it stopped listening. */
        state = receive(t);
        if (state != LOS_EXCHANGE_GOES_ON)
            return state;
        return has_answer(t) ? over(t, LOS_E_SEND, c->easy->error)
                             : gone(t, LOS_E_SEND);
    }
    return LOS_EXCHANGE_GOES_ON;
}

enum los_exchange_state
los_exchange_begin(struct los_transfer *t, const char *user_agent)
{
    struct los_connection *c = t->connection;
    int error;

    los_response_begin(&c->response, strcmp(t->method, "HEAD") == 0);
    c->sent = 0;
    c->revents = 0;
    c->easy->error[0] = '\0';
    t->touched = 1;
    if (!los_transfer_may_go(t))
        return over(t, LOS_E_TRANSFER, NULL);
    if (t->requests++ > 0)
        los_answer_restart(&t->answer);
    error = write_request(t, user_agent);
    return error != LOS_OK ? over(t, error, NULL) : send_more(t);
}

enum los_exchange_state
los_exchange_move(struct los_transfer *t)
{
    struct los_connection *c = t->connection;
    enum los_exchange_state state = LOS_EXCHANGE_GOES_ON;
    const int revents = c->revents;

    c->revents = 0;
    /* An answer before the end of the request counts: it is a refusal. */
    if (revents & CURL_WAIT_POLLIN)
        state = receive(t);
    if (state == LOS_EXCHANGE_GOES_ON && (revents & CURL_WAIT_POLLOUT))
        state = send_more(t);
    return state;
}

short
los_exchange_wants(const struct los_connection *c)
{
    return los_exchange_is_sent(c) ? CURL_WAIT_POLLIN
                                   : CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT;
}

int64_t
los_exchange_sent(const struct los_connection *c)
{
    return c->sent > c->head ? (int64_t)(c->sent - c->head) : 0;
}

int
los_exchange_is_sent(const struct los_connection *c)
{
    return c->request.n > 0 && c->sent == c->request.n + c->body.n;
}

/* The request holds a signature, and perhaps a token. */
int
los_exchange_end(struct los_connection *c)
{
    const int keep = c->response.state == LOS_RESPONSE_DONE && c->response.keep
                     && los_exchange_is_sent(c);

    c->served++;
    c->body = los_str_of(NULL, 0); /* its owner may free it now */
    if (c->request.p != NULL)
        los_wipe(c->request.p, c->head);
    return keep;
}
