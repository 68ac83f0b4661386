#define _POSIX_C_SOURCE 200809L

#include "curl/http/connection.h"
#include "core/alloc.h"
#include "core/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* Where send() has no such flag the socket has an option instead, see
 * easy.c. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* ---- making one */

static CURLcode
set_options(struct los_connection *c, const char *url, int connect_ms)
{
    CURL *curl = c->easy->curl;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);

    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever is set since */
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, NULL);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms);
    return code;
}

struct los_connection *
los_connection_new(struct los_pool *pool, const char *url, size_t origin_size,
                   int connect_ms)
{
    struct los_connection *c = los_malloc(sizeof(*c) + origin_size);

    if (c == NULL)
        return NULL;
    memset(c, 0, sizeof(*c));
    los_buf_init(&c->request, SIZE_MAX);
    los_response_init(&c->response);
    c->origin_size = origin_size;
    memcpy(c->origin, url, origin_size);
    c->fd = CURL_SOCKET_BAD;
    c->is_tls = strncmp(url, "https:", 6) == 0;
    c->easy = los_easy_new(pool);
    if (c->easy != NULL && set_options(c, url, connect_ms) == CURLE_OK)
        return c;
    los_connection_free(c, NULL);
    return NULL;
}

void
los_connection_free(struct los_connection *c, CURLM *multi)
{
    if (c->fd != CURL_SOCKET_BAD && !c->is_tls)
        close(c->fd);
    if (c->easy != NULL) {
        if (multi != NULL)
            curl_multi_remove_handle(multi, c->easy->curl);
        los_easy_free(c->easy);
    }
    los_buf_free(&c->request);
    los_response_free(&c->response);
    los_free(c);
}

int
los_connection_ready(struct los_connection *c, CURLM *multi)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    char byte;

    curl_easy_getinfo(c->easy->curl, CURLINFO_ACTIVESOCKET, &fd);
    if (fd == CURL_SOCKET_BAD)
        return LOS_E_CONNECT;
    if (c->is_tls) {
        c->fd = fd;
        if (los_connection_recv(c, &byte, 1) != 0)
            return LOS_E_CONNECT;
    } else {
        c->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
        curl_multi_remove_handle(multi, c->easy->curl);
        if (c->fd < 0)
            return LOS_E_CONNECT;
    }
    c->is_ready = 1;
    return LOS_OK;
}

/* ---- using it */

static ptrdiff_t
fail(struct los_connection *c, int error)
{
    strerror_r(error, c->easy->error, sizeof(c->easy->error));
    return LOS_IO_FAIL;
}

/* What libcurl's own calls say. */
static ptrdiff_t
outcome(struct los_connection *c, CURLcode code, size_t n)
{
    if (code == CURLE_AGAIN)
        return 0;
    if (code == CURLE_OK)
        return (ptrdiff_t)n;
    if (c->easy->error[0] == '\0')
        snprintf(c->easy->error, sizeof(c->easy->error), "%s",
                 curl_easy_strerror(code));
    return LOS_IO_FAIL;
}

ptrdiff_t
los_connection_send(struct los_connection *c, los_str piece, los_str next)
{
    struct iovec pieces[2];
    struct msghdr message;
    ssize_t sent;

    if (c->is_tls) {
        size_t n = 0;
        CURLcode code = curl_easy_send(c->easy->curl, piece.p, piece.n, &n);

        return outcome(c, code, n);
    }
    memset(&message, 0, sizeof(message));
    pieces[0].iov_base = (char *)(uintptr_t)piece.p; /* only read */
    pieces[0].iov_len = piece.n;
    pieces[1].iov_base = (char *)(uintptr_t)next.p;
    pieces[1].iov_len = next.n;
    message.msg_iov = pieces;
    message.msg_iovlen = next.n > 0 ? 2 : 1;
    do
        sent = sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return sent;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return 0;
    return fail(c, errno);
}

ptrdiff_t
los_connection_recv(struct los_connection *c, char *to, size_t n)
{
    ssize_t got;
    size_t taken = 0;
    CURLcode code;

    if (c->is_tls) {
        code = curl_easy_recv(c->easy->curl, to, n, &taken);
        if (code == CURLE_OK && taken == 0)
            return LOS_IO_END;
        return outcome(c, code, taken);
    }
    do
        got = recv(c->fd, to, n, MSG_DONTWAIT);
    while (got < 0 && errno == EINTR);
    if (got > 0)
        return got;
    if (got == 0)
        return LOS_IO_END;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return 0;
    return fail(c, errno);
}

/* On a TLS connection there may be records that are no data, such as a ticket
 * for the next session. */
int
los_connection_is_alive(struct los_connection *c)
{
    char byte;

    if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
        return c->is_tls && los_connection_recv(c, &byte, 1) == 0;
    return errno == EAGAIN || errno == EWOULDBLOCK;
}
