/* What a loop does with its time. */
#define _POSIX_C_SOURCE 200809L

#include "curl/loop_private.h"
#include "core/err.h"

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

static void
start(struct los_loop *loop, struct los_transfer *t)
{
    struct los_easy *easy = los_pool_take(&loop->pool);

    if (easy == NULL) {
        los_answer_fail(&t->answer, LOS_E_MEMORY, NULL, 0);
        los_loop_finish(loop, t, CURLE_OK);
        return;
    }
    los_line_remove(&loop->queued, t);
    los_line_add(&loop->running, t);
    t->state = LOS_RUNNING;
    if (los_transfer_start(t, easy, los_loop_now()) != LOS_OK)
        los_loop_finish(loop, t, CURLE_OK);
    else if (curl_multi_add_handle(loop->multi, easy->curl) != CURLM_OK)
        los_loop_finish(loop, t, CURLE_OUT_OF_MEMORY);
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

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &easy);
        los_loop_finish(loop, easy->transfer, message->data.result);
        ended = 1;
    }
    return ended;
}

static void
perform(struct los_loop *loop)
{
    int running;

    do {
        start_queued(loop);
        if (loop->running.n == 0)
            return;
        /* A failure of the multi handle itself is lack of memory. */
        if (curl_multi_perform(loop->multi, &running) != CURLM_OK)
            while (loop->running.first != NULL)
                los_loop_finish(loop, loop->running.first,
                                CURLE_OUT_OF_MEMORY);
    } while (reap(loop) && loop->queued.first != NULL);
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
    const int64_t left = until - los_loop_now();
    const int ms = left < SLEEP_MAX ? (int)left : SLEEP_MAX;

    errno = 0;
    return left <= 0
           || (curl_multi_poll(loop->multi, NULL, 0, ms, NULL) == CURLM_OK
               && errno != EINTR);
}

void
los_loop_wake(struct los_loop *loop)
{
    curl_multi_wakeup(loop->multi);
}

int
los_loop_poll(struct los_loop *loop, int timeout_ms)
{
    const int64_t until = los_loop_now() + timeout_ms;

    for (;;) {
        int64_t again = los_loop_move(loop);

        if (loop->waiting > 0 || los_loop_now() >= until
            || !los_loop_sleep(loop, again < until ? again : until))
            return loop->waiting;
    }
}
