/* What a loop does with its time. */
#define _POSIX_C_SOURCE 200809L

#include "core/err.h"
#include "curl/http/exchange.h"
#include "curl/loop_private.h"

#include <errno.h>
#include <time.h>

#define SLEEP_MAX (60 * 60 * 1000) /* milliseconds */

int64_t
los_loop_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
los_loop_drive(struct los_loop *loop, struct los_easy *easy)
{
    if (curl_multi_add_handle(loop->multi, easy->curl) != CURLM_OK)
        return LOS_E_MEMORY;
    easy->is_driven = 1;
    loop->driven++;
    return LOS_OK;
}

void
los_loop_rest(struct los_loop *loop, struct los_easy *easy)
{
    loop->driven -= easy->is_driven != 0;
    easy->is_driven = 0;
}

/* By libcurl as a whole. */
static void
transfer(struct los_loop *loop, struct los_transfer *t)
{
    struct los_easy *easy = los_pool_take(&loop->pool);

    if (easy == NULL) {
        los_answer_fail(&t->answer, LOS_E_MEMORY, NULL, 0);
        los_loop_finish(loop, t, CURLE_OK);
    } else if (los_transfer_start(t, easy, los_loop_now()) != LOS_OK) {
        los_loop_finish(loop, t, CURLE_OK);
    } else if (los_loop_drive(loop, easy) != LOS_OK) {
        los_loop_finish(loop, t, CURLE_OUT_OF_MEMORY);
    }
}

static void
start(struct los_loop *loop, struct los_transfer *t)
{
    const size_t origin =
        loop->pool.may_be_proxied ? 0 : los_exchange_origin(t);

    los_line_remove(&loop->queued, t);
    los_line_add(&loop->running, t);
    t->state = LOS_RUNNING;
    if (origin > 0)
        los_loop_exchange(loop, t, origin);
    else
        transfer(loop, t);
}

static void
start_queued(struct los_loop *loop)
{
    while (loop->queued.first != NULL && loop->running.n < loop->max_active)
        start(loop, loop->queued.first);
}

/* 1 when a transfer has ended. */
static int
reap(struct los_loop *loop)
{
    CURLMsg *message;
    int left, ended = 0;

    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        struct los_easy *easy = NULL;
        struct los_transfer *t;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &easy);
        los_loop_rest(loop, easy);
        t = easy->transfer;
        if (t->connection != NULL && message->data.result == CURLE_OK)
            los_loop_connected(loop, t);
        else
            los_loop_finish(loop, t, message->data.result);
        ended |= t->state == LOS_ENDED;
    }
    return ended;
}

/* 1 when a transfer has ended. */
static int
drive(struct los_loop *loop)
{
    int running;

    if (loop->driven == 0)
        return 0;
    if (curl_multi_perform(loop->multi, &running) == CURLM_OK)
        return reap(loop);
    /* A failure of the multi handle itself is lack of memory. */
    while (loop->running.first != NULL)
        los_loop_finish(loop, loop->running.first, CURLE_OUT_OF_MEMORY);
    return 1;
}

static void
perform(struct los_loop *loop)
{
    int ended;

    do {
        start_queued(loop);
        ended = drive(loop);
        ended |= los_loop_move_exchanges(loop);
    } while (ended && loop->queued.first != NULL);
}

/* Counters, limits and wishes of all that run. Returns when to look again. */
static int64_t
look(struct los_loop *loop, int64_t now)
{
    struct los_transfer *t, *next;
    int64_t again = INT64_MAX;

    for (t = loop->running.first; t != NULL; t = next) {
        int error;

        next = t->next;
        if (los_transfer_observe(t, now) && !t->quiet)
            los_loop_raise(loop, t, LOS_EVENT_PROGRESS);
        if (t->body.hungry) {
            t->body.hungry = 0;
            los_loop_raise(loop, t, LOS_EVENT_NEED);
        }
        /* It gave others their turn, or has waited for long enough. */
        if ((t->connection != NULL && t->connection->revents != 0)
            || los_transfer_unhold(t, now))
            again = now;
        error = los_transfer_check_time(t, now, &again);
        if (error != LOS_OK) {
            los_answer_fail(&t->answer, error, NULL, 0);
            los_loop_finish(loop, t, CURLE_OK);
        }
    }
    return again;
}

int64_t
los_loop_move(struct los_loop *loop)
{
    int64_t now, again;

    perform(loop);
    now = los_loop_now();
    again = look(loop, now);
    if (loop->queued.first != NULL && loop->running.n < loop->max_active)
        return now; /* a time limit has made room */
    return again;
}

int
los_loop_sleep(struct los_loop *loop, int64_t until)
{
    const int64_t now = los_loop_now(), left = until > now ? until - now : 0;
    const int ms = left < SLEEP_MAX ? (int)left : SLEEP_MAX;
    const unsigned waits = los_loop_list_waits(loop);
    CURLMcode code;

    if (left == 0 && waits == 0)
        return 1;
    errno = 0;
    code = curl_multi_poll(loop->multi, loop->waits, waits, ms, NULL);
    if (code == CURLM_OK)
        los_loop_take_waits(loop, waits);
    return code == CURLM_OK && errno != EINTR;
}

void
los_loop_wake(struct los_loop *loop)
{
    curl_multi_wakeup(loop->multi);
}

/* The sockets of exchanges are looked at once at least, since nobody else
 * does. */
int
los_loop_poll(struct los_loop *loop, int timeout_ms)
{
    int64_t until = los_loop_now() + timeout_ms;
    int looked = 0;

    for (;;) {
        int64_t again = los_loop_move(loop);

        if (loop->waiting > 0)
            until = 0;
        if ((looked || loop->exchanging == 0) && los_loop_now() >= until)
            return loop->waiting;
        looked = 1;
        if (!los_loop_sleep(loop, again < until ? again : until))
            return loop->waiting;
    }
}
