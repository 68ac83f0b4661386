/* What the tests of the engine have in common. */
#ifndef SPEC_THREAD_DRIVE_H
#define SPEC_THREAD_DRIVE_H

#include "spec/core/tap.h"
#include "spec/thread/server.h"

#include "curl/engine.h"

#include <poll.h>

static inline struct los_engine *
open_engine(int thread, int max_active)
{
    struct los_loop_options o;
    struct los_engine *e;

    memset(&o, 0, sizeof(o));
    o.proxy = "";
    o.max_active = max_active;
    o.thread = thread;
    if (los_engine_open(&o, &e) != LOS_OK)
        abort();
    return e;
}

/* A PUT without a body so far. */
static inline struct los_transfer_options
request(char url[64], const char *path, int number)
{
    struct los_transfer_options o;

    snprintf(url, 64, "http://127.0.0.1:%d/%s/%d", server_port, path, number);
    memset(&o, 0, sizeof(o));
    o.method = str("PUT");
    o.url = str(url);
    o.head = str("x-test: yes\r\n");
    o.body_length = -1;
    return o;
}

static inline uint64_t
submit(struct los_engine *e, const char *path, int number, los_str body)
{
    char url[64];
    struct los_transfer_options o = request(url, path, number);
    uint64_t id;

    o.body_kind = LOS_BODY_MEMORY;
    o.body = body;
    return los_engine_submit(e, &o, &id) == LOS_OK ? id : 0;
}

static inline uint64_t
submit_fed(struct los_engine *e, const char *path, int number, int64_t length)
{
    char url[64];
    struct los_transfer_options o = request(url, path, number);
    uint64_t id;

    o.body_kind = LOS_BODY_FED;
    o.body_length = length;
    return los_engine_submit(e, &o, &id) == LOS_OK ? id : 0;
}

/* Waits for the next event: 0 when none comes within half a minute. */
static inline int
next_event(struct los_engine *e, struct los_event *event)
{
    const int64_t until = los_loop_now() + 30000;

    while (!los_engine_event(e, event))
        if (los_loop_now() > until || los_engine_poll(e, 1000) < 0)
            return 0;
    return 1;
}

static inline int
has_crc(const struct los_answer *a, uint64_t crc)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRIu64, crc);
    return a->error == LOS_OK && a->status == 200 && a->crc64 == crc
           && a->body.n == strlen(text)
           && memcmp(a->body.p, text, a->body.n) == 0;
}

static inline int
readable(int fd)
{
    struct pollfd p;

    p.fd = fd;
    p.events = POLLIN;
    return poll(&p, 1, 0) == 1;
}

/* The same noise on every run. */
static inline unsigned
noise(void)
{
    static uint32_t state = 1;

    state = state * 1664525u + 1013904223u;
    return state >> 8;
}

#endif
