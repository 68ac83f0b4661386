/* Exchanges over a pair of sockets, whose other end is the test: what is sent,
 * and after what a connection may be used again. */
#include "spec/core/tap.h"

#include "core/alloc.h"
#include "curl/http/exchange.h"

#include <sys/socket.h>
#include <unistd.h>

#define URL "http://example.com:8080/a/b?c"

static char big[60000];

struct pair {
    struct los_transfer *t;
    int server;
};

static struct los_connection *
new_connection(int fd)
{
    struct los_connection *c = los_malloc(sizeof(*c) + sizeof(URL));

    memset(c, 0, sizeof(*c));
    los_buf_init(&c->request, SIZE_MAX);
    los_response_init(&c->response);
    c->origin_size = strlen("http://example.com:8080");
    memcpy(c->origin, URL, sizeof(URL));
    c->easy = los_malloc(sizeof(*c->easy));
    memset(c->easy, 0, sizeof(*c->easy));
    c->fd = fd;
    c->is_ready = 1;
    return c;
}

static struct pair
begin(const char *method, los_str body, enum los_exchange_state *state)
{
    struct los_transfer_options o;
    struct pair p;
    int fds[2], small = 4096;

    memset(&o, 0, sizeof(o));
    o.method = str(method);
    o.url = LOS_STR(URL);
    o.head = LOS_STR("Content-Type: text/plain\r\nX-Empty:\r\n");
    o.body_kind = body.n > 0 ? LOS_BODY_MEMORY : LOS_BODY_NONE;
    o.body = body;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0
        || setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small))
        || los_transfer_new(&o, 1, &p.t) != LOS_OK)
        abort();
    p.server = fds[1];
    p.t->connection = new_connection(fds[0]);
    p.t->easy = p.t->connection->easy;
    *state = los_exchange_begin(p.t, "agent");
    return p;
}

static void
end(struct pair *p)
{
    los_connection_free(p->t->connection, NULL);
    p->t->connection = NULL;
    p->t->easy = NULL;
    los_transfer_free(p->t);
    close(p->server);
}

static enum los_exchange_state
answer(struct pair *p, const char *text)
{
    if (write(p->server, text, strlen(text)) != (ssize_t)strlen(text))
        abort();
    p->t->connection->revents = CURL_WAIT_POLLIN;
    return los_exchange_move(p->t);
}

static void
test_request(void)
{
    enum los_exchange_state state;
    struct pair p = begin("PUT", LOS_STR("body"), &state);
    char text[1000];
    ssize_t n = read(p.server, text, sizeof(text));

    is_int(state, LOS_EXCHANGE_GOES_ON, "it waits for an answer");
    is_str(los_str_of(text, n > 0 ? (size_t)n : 0),
           "PUT /a/b?c HTTP/1.1\r\nHost: example.com:8080\r\n"
           "User-Agent: agent\r\nContent-Type: text/plain\r\nX-Empty:\r\n"
           "Content-Length: 4\r\n\r\nbody",
           "the request");
    end(&p);
    p = begin("GET", LOS_STR(""), &state);
    n = read(p.server, text, sizeof(text));
    ok(n > 0 && memmem(text, (size_t)n, "Content-Length", 14) == NULL,
       "a GET has no length");
    end(&p);
    p = begin("POST", LOS_STR(""), &state);
    n = read(p.server, text, sizeof(text));
    ok(n > 0 && memmem(text, (size_t)n, "Content-Length: 0\r\n", 19) != NULL,
       "a POST without a body has one");
    end(&p);
}

/* After an answer to a whole request. */
static void
test_keep(void)
{
    static const struct {
        const char *name, *answer;
        int keep;
    } list[] = {
        {"an answer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1},
        {"one that closes",
         "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
         0},
        {"more than an answer",
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200", 0},
        {"chunks and a length",
         "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked"
         "\r\n\r\n2\r\nok\r\n0\r\n\r\n",
         0},
    };
    size_t i;

    for (i = 0; i < sizeof(list) / sizeof(*list); i++) {
        enum los_exchange_state state;
        struct pair p = begin("PUT", LOS_STR("body"), &state);

        is_int(answer(&p, list[i].answer), LOS_EXCHANGE_OVER, "%s",
               list[i].name);
        is_str(los_buf_str(&p.t->answer.body), "ok", "its body");
        is_int(los_exchange_end(p.t->connection), list[i].keep,
               "the connection is %s", list[i].keep ? "kept" : "not kept");
        end(&p);
    }
}

static void
test_early(void)
{
    enum los_exchange_state state;
    struct pair p = begin("PUT", los_str_of(big, sizeof(big)), &state);

    is_int(state, LOS_EXCHANGE_GOES_ON, "a large body");
    ok(!los_exchange_is_sent(p.t->connection), "is not taken at once");
    is_int(los_exchange_wants(p.t->connection),
           CURL_WAIT_POLLIN | CURL_WAIT_POLLOUT, "it waits for both");
    is_int(answer(&p, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"),
           LOS_EXCHANGE_OVER, "an answer before its end ends it");
    is_int(los_exchange_end(p.t->connection), 0,
           "and the connection, in the middle of a body, is not kept");
    end(&p);
}

/* What the server gets of a body that goes out in many pieces. */
static void
test_pieces(void)
{
    enum los_exchange_state state;
    struct pair p;
    char text[5000];
    size_t got = 0, wrong = 0, head = 0, i;

    for (i = 0; i < sizeof(big); i++)
        big[i] = (char)('a' + i % 23);
    p = begin("PUT", los_str_of(big, sizeof(big)), &state);
    while (!los_exchange_is_sent(p.t->connection)
           || got < head + sizeof(big)) {
        const ssize_t n = recv(p.server, text, sizeof(text), MSG_DONTWAIT);

        head = p.t->connection->head;
        for (i = 0; n > 0 && i < (size_t)n; i++, got++)
            wrong += got >= head && text[i] != big[got - head];
        p.t->connection->revents = CURL_WAIT_POLLOUT;
        if (los_exchange_move(p.t) != LOS_EXCHANGE_GOES_ON)
            break;
    }
    is_int(got - head, sizeof(big), "all of it arrives");
    is_int(wrong, 0, "as it was");
    end(&p);
}

static void
test_not_yet_connected(void)
{
    struct los_connection *c = new_connection(-1);

    ok(!los_exchange_is_sent(c), "nothing is sent before there is a request");
    los_connection_free(c, NULL);
}

int
main(void)
{
    test_request();
    test_keep();
    test_early();
    test_pieces();
    test_not_yet_connected();
    return done();
}
