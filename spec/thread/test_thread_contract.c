/* The engine with a thread does what the loop does, and its descriptor tells
 * when there is something to see. */
#include "spec/thread/drive.h"

#define BODIES 120

static char bytes[300000];
static char large[20000000]; /* more than sockets hold */

static void
many(int thread)
{
    struct los_engine *e = open_engine(thread, 8);
    uint64_t ids[BODIES];
    size_t sizes[BODIES];
    struct los_event event;
    int i, left = BODIES, right = 0, order = 1;

    for (i = 0; i < BODIES; i++) {
        sizes[i] = noise() % sizeof(bytes);
        ids[i] = submit(e, "n", i, los_str_of(bytes, sizes[i]));
        order &= ids[i] == (uint64_t)i + 1;
    }
    ok(order, "ids are given at once and count up");
    is_int(los_engine_active(e), BODIES, "all are active");
    while (left > 0 && next_event(e, &event)) {
        if (event.kind == LOS_EVENT_DONE) {
            size_t size = sizes[event.id - 1];

            left--;
            right += has_crc(event.answer, los_crc64(0, bytes, size));
        }
        los_engine_shift(e);
    }
    is_int(left, 0, "all end");
    is_int(right, BODIES, "and bring the right answers");
    is_int(los_engine_active(e), 0, "none is active");
    is_int(los_engine_poll(e, 0), 0, "no event is left");
    los_engine_close(e);
}

static void
descriptor(void)
{
    struct los_engine *e = open_engine(0, 1);
    struct los_event event;
    int fd;

    is_int(los_engine_fd(e), -1, "no descriptor without a thread");
    los_engine_close(e);
    e = open_engine(1, 1);
    fd = los_engine_fd(e);
    ok(fd >= 0 && !readable(fd), "quiet while there is nothing");
    submit(e, "n", 1, str("x"));
    submit(e, "n", 2, str("y"));
    while (los_engine_poll(e, 1000) < 2 && los_engine_active(e) > 0)
        ;
    ok(readable(fd), "readable while events wait");
    ok(readable(fd), "and still so when looked at again");
    while (los_engine_active(e) > 0 && next_event(e, &event)) {
        ok(readable(fd), "readable while there is one");
        los_engine_shift(e);
    }
    while (los_engine_event(e, &event))
        los_engine_shift(e);
    ok(!readable(fd), "quiet again");
    los_engine_alarm(e, 0);
    ok(readable(fd), "readable for an alarm");
    is_int(los_engine_poll(e, 0), 0, "which is no event");
    ok(!readable(fd), "and over after a poll");
    los_engine_alarm(e, 20);
    ok(!readable(fd), "an alarm has its time");
    is_int(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000), 1,
           "and comes");
    los_engine_close(e);
}

/* Feeds with every NEED; returns the answer's error, or 1 when it is wrong. */
static int
feed_all(struct los_engine *e, uint64_t id, size_t n, size_t piece)
{
    struct los_event event;
    size_t at = 0;

    while (next_event(e, &event)) {
        int result = 1;

        if (event.kind == LOS_EVENT_DONE) {
            result = event.answer->error;
            if (result == LOS_OK
                && !has_crc(event.answer, los_crc64(0, bytes, n)))
                result = 1;
            los_engine_shift(e);
            return result;
        }
        los_engine_shift(e);
        if (event.kind != LOS_EVENT_NEED)
            continue;
        if (at == n) {
            los_engine_feed_end(e, id);
            continue;
        }
        if (piece > n - at)
            piece = n - at;
        los_engine_feed(e, id, los_str_of(bytes + at, piece));
        at += piece;
    }
    return 1;
}

static void
fed(int thread)
{
    struct los_engine *e = open_engine(thread, 4);
    struct los_event event;
    uint64_t id;
    int i, error = LOS_OK;

    id = submit_fed(e, "n", 1, -1);
    is_int(feed_all(e, id, 100000, 7000), LOS_OK, "of unknown length");
    id = submit_fed(e, "n", 2, 100000);
    is_int(feed_all(e, id, 100000, 33000), LOS_OK, "of known length");
    id = submit_fed(e, "n", 3, 100001);
    is_int(feed_all(e, id, 100000, 33000), LOS_E_BODY_SHORT, "too short");
    id = submit_fed(e, "n", 4, 99999);
    is_int(feed_all(e, id, 100000, 33000), LOS_E_BODY_LONG, "too long");
    id = submit_fed(e, "n", 5, 0);
    is_int(feed_all(e, id, 0, 1), LOS_OK, "empty");
    is_int(los_engine_feed(e, id, str("x")), LOS_E_NO_TRANSFER, "over");
    is_int(los_engine_feed_end(e, id), LOS_E_NO_TRANSFER, "over");
    id = submit(e, "deaf", 6, str("x"));
    is_int(los_engine_feed(e, id, str("x")), LOS_E_NO_TRANSFER, "not fed");
    los_engine_cancel(e, id);
    id = submit_fed(e, "deaf", 7, -1);
    for (i = 0; i < 200 && error == LOS_OK; i++)
        error = los_engine_feed(e, id, los_str_of(bytes, sizeof(bytes)));
    is_int(error, LOS_E_FEED_FULL, "who does not wait is stopped");
    los_engine_cancel(e, id);
    id = submit_fed(e, "n", 8, -1);
    while (next_event(e, &event) && event.kind != LOS_EVENT_NEED)
        los_engine_shift(e);
    los_engine_feed(e, id, str("")); /* nothing yet: asked again */
    los_engine_shift(e);
    is_int(feed_all(e, id, 5, 5), LOS_OK, "in its own time");
    los_engine_close(e);
}

/* What is cancelled gives no event, and its body may go when it is named. */
static void
cancelled(int thread)
{
    struct los_engine *e = open_engine(thread, 1);
    uint64_t first = submit(e, "deaf", 1, los_str_of(large, sizeof(large)));
    uint64_t second = submit(e, "n", 2, str("x"));
    uint64_t id;
    int i;

    los_engine_poll(e, 50);
    is_int(los_engine_cancel(e, first), 1, "it cannot have arrived");
    is_int(los_engine_cancel(e, first), 0, "it is gone");
    for (i = 0; i < 500 && !los_engine_released(e, &id); i++)
        los_engine_poll(e, 10);
    is_int(id, first, "it is released");
    while (los_engine_active(e) > 0) {
        struct los_event event;

        if (!next_event(e, &event) || event.id != second)
            break;
        los_engine_shift(e);
    }
    is_int(los_engine_active(e), 0, "the next has its turn");
    is_int(los_engine_cancel(e, second), 0, "and is over");
    is_int(los_engine_released(e, &id), 0, "nothing else is released");
    los_engine_close(e);
}

/* ---- allocations of the caller's thread fail in turn */

static int
life(void)
{
    struct los_loop_options o;
    struct los_transfer_options t;
    struct los_engine *e;
    char url[64];
    uint64_t id;
    int error;

    memset(&o, 0, sizeof(o));
    o.thread = 1;
    error = los_engine_open(&o, &e);
    if (error != LOS_OK)
        return error;
    t = request(url, "n", 1);
    t.body_kind = LOS_BODY_FED;
    error = los_engine_submit(e, &t, &id);
    if (error == LOS_OK)
        error = los_engine_feed(e, id, str("some bytes"));
    if (error == LOS_OK)
        error = los_engine_feed_end(e, id);
    los_engine_close(e);
    return error;
}

int
main(void)
{
    size_t i;
    int thread;

    server_start();
    for (i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)noise();
    for (thread = 0; thread < 2; thread++) {
        many(thread);
        fed(thread);
        cancelled(thread);
    }
    descriptor();
    torture("an engine", life);
    server_stop();
    return done();
}
