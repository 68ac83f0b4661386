/* A connection that this library speaks HTTP over by itself.
 *
 * libcurl makes it, with all that belongs to that: names, addresses, TLS and
 * its trust (CURLOPT_CONNECT_ONLY). A small request over it is a call to send
 * and a call to receive; libcurl's own HTTP would print its head byte by byte
 * before, at ten times the instructions. */
#ifndef LOS_CURL_HTTP_CONNECTION_H
#define LOS_CURL_HTTP_CONNECTION_H

#include "curl/easy.h"
#include "curl/http/response.h"

/* los_connection_recv: the peer has ended it; it has failed. */
#define LOS_IO_END  (-1)
#define LOS_IO_FAIL (-2)

struct los_connection {
    struct los_easy *easy; /* owned; with TLS the multi handle has it, too */
    struct los_connection *next; /* while it is kept */
    curl_socket_t fd; /* once it is ready; without TLS our own, see ready */
    int is_tls, is_ready;
    int served;      /* requests so far */
    int revents;     /* what can be done with it: of CURL_WAIT_POLLIN, OUT */
    int64_t kept_at; /* milliseconds of the loop's clock */

    /* The exchange, see exchange.h. */
    struct los_buf request; /* the head, and a small body */
    los_str body;           /* a larger one, borrowed */
    size_t head;            /* length of the head */
    size_t sent;            /* of head and body */
    struct los_response response;

    size_t origin_size;
    char origin[]; /* "https://host:port" */
};

/* Asks libcurl for a connection for the URL, whose first origin_size bytes
 * name the origin. The caller adds its handle to the multi handle and says so
 * with los_connection_ready when libcurl is done. NULL without memory. */
struct los_connection *los_connection_new(struct los_pool *pool,
                                          const char *url, size_t origin_size,
                                          int connect_ms);

/* Takes the handle out of the multi handle, too. */
void los_connection_free(struct los_connection *c, CURLM *multi);

/* libcurl has made it: LOS_OK, or LOS_E_CONNECT when it is gone already.
 *
 * A connection that libcurl has made for somebody else counts as idle for it:
 * when it makes another one it closes those that look dead, or are older than
 * two minutes, and the number of the socket goes to the next. So without TLS
 * the socket becomes ours and libcurl lets go of it; with TLS the first
 * curl_easy_recv binds it to the handle, which is what libcurl calls in use.
 */
int los_connection_ready(struct los_connection *c, CURLM *multi);

/* Whether a kept connection can be used: the peer has neither ended it nor
 * sent what nobody asked for. */
int los_connection_is_alive(struct los_connection *c);

/* Sends what can be sent of one piece and the next. Neither call waits. The
 * number of bytes, 0 when none can move now, or LOS_IO_FAIL with the reason in
 * the handle's error text. */
ptrdiff_t los_connection_send(struct los_connection *c, los_str piece,
                              los_str next);

/* As send, and LOS_IO_END. */
ptrdiff_t los_connection_recv(struct los_connection *c, char *to, size_t n);

#endif
