/* What a loop is made of and what one transfer is told to do.
 *
 * A zeroed struct is a valid default in both cases. Every string is copied by
 * the call that takes the struct; only a body in memory stays borrowed. Times
 * are milliseconds, 0 stands for "no limit". */
#ifndef LOS_CURL_OPTIONS_H
#define LOS_CURL_OPTIONS_H

#include "core/str.h"

#include <stdint.h>

enum los_tls_min {
    LOS_TLS_1_2, /* the default */
    LOS_TLS_1_3
};

struct los_loop_options {
    const char *ca_file;     /* PEM bundle; NULL: the one of libcurl */
    const char *ca_path;     /* directory of hashed certificates */
    const char *client_cert; /* PEM */
    const char *client_key;  /* PEM; NULL: it is in client_cert */
    const char *client_key_password;
    int tls_no_verify; /* trusts any server, and any https proxy */
    enum los_tls_min tls_min;
    /* http, https, socks4, socks4a, socks5 or socks5h URL; "" is "none".
     * NULL: the environment decides (http_proxy, https_proxy, all_proxy). */
    const char *proxy;
    const char *proxy_username;
    const char *proxy_password;
    const char *no_proxy; /* hosts, separated by commas; NULL: no_proxy */
    const char *user_agent;
    const char *const *connect_to; /* "host:port:addr:port", ..., NULL */
    int max_active; /* transfers at a time, 0: 64; the others queue */
    int max_idle;   /* connections kept of each kind, 0: max_active */
    int thread;     /* the loop gets a thread of its own, see engine.h */
};

enum los_body_kind {
    LOS_BODY_NONE, /* PUT and POST send "Content-Length: 0" */
    LOS_BODY_MEMORY,
    LOS_BODY_FILE,
    LOS_BODY_FED
};

struct los_transfer_options {
    los_str method; /* upper case: "PUT" */
    los_str url;    /* http:// or https://, encoded; sent as it is */
    /* "Name: value\r\n" for each header. Content-Length, Transfer-Encoding
     * and Expect are the loop's own and refused here. */
    los_str head;

    enum los_body_kind body_kind;
    los_str body;        /* MEMORY: borrowed until the transfer is over */
    los_str body_file;   /* FILE: path of a regular file */
    int64_t body_offset; /* FILE: where to begin */
    int64_t body_length; /* FILE and FED: exact length, -1: to the end of
                            the file, or not known (sent in chunks) */

    size_t answer_max;   /* bytes of an answer kept in memory, 0: 1 MiB */
    los_str answer_file; /* path that gets the body of a 2xx answer; after a
                            failure it may hold a part of it */

    int connect_ms; /* name, TCP, proxy and TLS, 0: 5 minutes */
    int total_ms;   /* from leaving the queue to the end of the answer */
    int answer_ms;  /* from the last byte sent to the first received */
    int idle_ms;    /* without a byte moving while sending or receiving */
    int64_t rate;   /* bytes of body per second */

    int expect; /* "Expect: 100-continue": asks before sending the body */
    int quiet;  /* no progress events */
    /* A kept connection may prove dead only after the request went out. GET
     * and HEAD are then sent again on a new one, and so is a body that had
     * not gone out whole. With resend anything is; without it the transfer
     * ends with EmptyAnswer, since the server may have acted. */
    int resend;
};

#endif
