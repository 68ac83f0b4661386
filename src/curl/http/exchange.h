/* One request and its answer over a connection of our own: for requests that
 * are in memory as a whole, which most are.
 *
 * The loop starts a transfer, moves it whenever its connection can move, and
 * in the end takes the connection away from it. */
#ifndef LOS_CURL_HTTP_EXCHANGE_H
#define LOS_CURL_HTTP_EXCHANGE_H

#include "curl/http/connection.h"
#include "curl/transfer.h"

enum los_exchange_state {
    LOS_EXCHANGE_GOES_ON,
    LOS_EXCHANGE_OVER, /* the answer holds the outcome */
    LOS_EXCHANGE_AGAIN /* over another connection, please: this one, a kept
                          one, was dead, and the request may be sent again */
};

/* Length of the origin in the transfer's URL when the transfer is one for an
 * exchange, else 0: its body is not in memory or large, it asks before it
 * sends, it has a rate, or something that only libcurl knows how to do. */
size_t los_exchange_origin(const struct los_transfer *t);

/* Writes the request of a transfer into its connection, which is ready, and
 * sends what can be sent. */
enum los_exchange_state los_exchange_begin(struct los_transfer *t,
                                           const char *user_agent);

/* Sends and receives what can be moved now. */
enum los_exchange_state los_exchange_move(struct los_transfer *t);

/* What the connection waits for: of CURL_WAIT_POLLIN and CURL_WAIT_POLLOUT. */
short los_exchange_wants(const struct los_connection *c);

/* Bytes of the body that the socket has taken. */
int64_t los_exchange_sent(const struct los_connection *c);

/* Whether the socket has taken the whole request. */
int los_exchange_is_sent(const struct los_connection *c);

/* Whether the connection can serve another request. Forgets this one. */
int los_exchange_end(struct los_connection *c);

#endif
