#include "curl/loop_private.h"
#include "core/alloc.h"
#include "core/err.h"
#include "curl/global.h"

#include <string.h>

#define MAX_ACTIVE 64

#define BIT(kind) (1u << (kind))

/* ---- lines */

void
los_line_add(struct los_line *line, struct los_transfer *t)
{
    t->next = NULL;
    t->prev = line->last;
    if (line->last != NULL)
        line->last->next = t;
    else
        line->first = t;
    line->last = t;
    line->n++;
}

void
los_line_remove(struct los_line *line, struct los_transfer *t)
{
    if (t->prev != NULL)
        t->prev->next = t->next;
    else
        line->first = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
    else
        line->last = t->prev;
    t->prev = t->next = NULL;
    line->n--;
}

static struct los_transfer *
find(const struct los_loop *loop, uint64_t id)
{
    /* The node is the first of a transfer. */
    return (struct los_transfer *)los_index_find(&loop->index, id);
}

/* ---- open and close */

static int
open_multi(struct los_loop *loop)
{
    loop->multi = curl_multi_init();
    loop->waits = los_malloc(loop->max_active * sizeof(*loop->waits));
    if (loop->multi == NULL || loop->waits == NULL)
        return LOS_E_MEMORY;
    curl_multi_setopt(loop->multi, CURLMOPT_PIPELINING,
                      (long)CURLPIPE_NOTHING);
    curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, (long)loop->max_idle);
    return los_index_open(&loop->index);
}

int
los_loop_open(const struct los_loop_options *o, struct los_loop **out)
{
    struct los_loop *loop;
    int error;

    if (o->max_active < 0 || o->max_idle < 0)
        return LOS_E_ARGUMENT;
    loop = los_malloc(sizeof(*loop));
    if (loop == NULL)
        return LOS_E_MEMORY;
    if (los_global_open() != LOS_OK) {
        los_free(loop);
        return LOS_E_MEMORY;
    }
    memset(loop, 0, sizeof(*loop));
    loop->max_active = o->max_active > 0 ? (size_t)o->max_active : MAX_ACTIVE;
    loop->max_idle = o->max_idle > 0 ? (size_t)o->max_idle : loop->max_active;
    error = los_pool_open(&loop->pool, o);
    if (error == LOS_OK)
        error = open_multi(loop);
    if (error != LOS_OK) {
        los_loop_close(loop);
        return error;
    }
    *out = loop;
    return LOS_OK;
}

/* Takes a transfer out of everything but the index. */
static void
withdraw(struct los_loop *loop, struct los_transfer *t)
{
    if (t->state == LOS_QUEUED)
        los_line_remove(&loop->queued, t);
    if (t->state == LOS_RUNNING)
        los_line_remove(&loop->running, t);
    t->state = LOS_ENDED;
    if (t->connection != NULL) {
        los_loop_leave(loop, t);
    } else if (t->easy != NULL) {
        los_loop_rest(loop, t->easy);
        curl_multi_remove_handle(loop->multi, t->easy->curl);
        los_pool_give(&loop->pool, t->easy);
        t->easy = NULL;
    }
    los_body_free(&t->body);
}

void
los_loop_close(struct los_loop *loop)
{
    struct los_node *node;
    size_t at = 0;

    if (loop == NULL)
        return;
    while ((node = los_index_pop(&loop->index, &at)) != NULL) {
        struct los_transfer *t = (struct los_transfer *)node;

        withdraw(loop, t);
        los_transfer_free(t);
    }
    los_loop_drop_kept(loop);
    /* Handles go first: libcurl keeps connections in the multi handle. */
    los_pool_close(&loop->pool);
    if (loop->multi != NULL)
        curl_multi_cleanup(loop->multi);
    los_index_close(&loop->index);
    los_free(loop->waits);
    los_free(loop);
    los_global_close();
}

/* ---- submit, feed, cancel */

uint64_t
los_loop_next_id(const struct los_loop *loop)
{
    return loop->last_id + 1;
}

int
los_loop_submit(struct los_loop *loop, const struct los_transfer_options *o,
                uint64_t *id)
{
    struct los_transfer *t;
    int error = los_transfer_new(o, loop->last_id + 1, &t);

    if (error != LOS_OK)
        return error;
    *id = t->node.id;
    los_loop_adopt(loop, t);
    return LOS_OK;
}

void
los_loop_adopt(struct los_loop *loop, struct los_transfer *t)
{
    loop->last_id = t->node.id;
    los_index_add(&loop->index, &t->node);
    los_line_add(&loop->queued, t);
}

/* The body may have grown, or ended: libcurl asks again. */
static void
resume(struct los_transfer *t)
{
    t->touched = 1;
    if (!t->paused)
        return;
    t->paused = 0;
    curl_easy_pause(t->easy->curl, CURLPAUSE_CONT);
}

static void
fail(struct los_loop *loop, struct los_transfer *t, int error)
{
    los_answer_fail(&t->answer, error, NULL, 0);
    los_loop_finish(loop, t, CURLE_OK);
}

static int
fed(struct los_loop *loop, struct los_transfer *t, int error)
{
    if (error == LOS_OK)
        resume(t);
    else if (error == LOS_E_BODY_LONG || error == LOS_E_BODY_SHORT)
        fail(loop, t, error);
    return error;
}

int
los_loop_feed(struct los_loop *loop, uint64_t id, los_str data)
{
    struct los_transfer *t = find(loop, id);
    struct los_chunk *chunk;
    int error;

    if (t == NULL || t->state == LOS_ENDED)
        return LOS_E_NO_TRANSFER;
    error = los_body_may_feed(&t->body, data.n);
    if (error != LOS_OK)
        return fed(loop, t, error);
    chunk = los_chunk_new(data);
    if (chunk == NULL)
        return LOS_E_MEMORY;
    return los_loop_feed_chunk(loop, t, chunk);
}

int
los_loop_feed_chunk(struct los_loop *loop, struct los_transfer *t,
                    struct los_chunk *chunk)
{
    return fed(loop, t, los_body_feed(&t->body, chunk));
}

int
los_loop_feed_end(struct los_loop *loop, uint64_t id)
{
    struct los_transfer *t = find(loop, id);

    if (t == NULL || t->state == LOS_ENDED)
        return LOS_E_NO_TRANSFER;
    return fed(loop, t, los_body_feed_end(&t->body));
}

size_t
los_loop_active(const struct los_loop *loop)
{
    return loop->queued.n + loop->running.n;
}

/* ---- events */

void
los_loop_raise(struct los_loop *loop, struct los_transfer *t,
               enum los_event_kind kind)
{
    if (t->events & BIT(kind))
        return;
    loop->waiting++;
    t->events |= BIT(kind);
    if (t->events != BIT(kind))
        return; /* it stands in the line already */
    t->event_next = NULL;
    t->event_prev = loop->event_last;
    if (loop->event_last != NULL)
        loop->event_last->event_next = t;
    else
        loop->event_first = t;
    loop->event_last = t;
}

static void
drop_events(struct los_loop *loop, struct los_transfer *t)
{
    unsigned kind;

    if (t->events == 0)
        return;
    for (kind = LOS_EVENT_PROGRESS; kind <= LOS_EVENT_DONE; kind++)
        loop->waiting -= (t->events & BIT(kind)) != 0;
    t->events = 0;
    if (t->event_prev != NULL)
        t->event_prev->event_next = t->event_next;
    else
        loop->event_first = t->event_next;
    if (t->event_next != NULL)
        t->event_next->event_prev = t->event_prev;
    else
        loop->event_last = t->event_prev;
}

void
los_loop_finish(struct los_loop *loop, struct los_transfer *t, CURLcode code)
{
    los_transfer_finish(t, code);
    drop_events(loop, t);
    withdraw(loop, t);
    los_loop_raise(loop, t, LOS_EVENT_DONE);
}

void
los_loop_release(struct los_loop *loop, struct los_transfer *t)
{
    drop_events(loop, t);
    withdraw(loop, t);
    los_index_remove(&loop->index, &t->node);
}

static void
forget(struct los_loop *loop, struct los_transfer *t)
{
    los_loop_release(loop, t);
    los_transfer_free(t);
}

int
los_loop_cancel(struct los_loop *loop, uint64_t id)
{
    struct los_transfer *t = find(loop, id);
    int outcome;

    if (t == NULL)
        return 0;
    outcome = los_transfer_may_be_sent(t) ? 2 : 1;
    forget(loop, t);
    return outcome;
}

static enum los_event_kind
oldest_kind(const struct los_transfer *t)
{
    if (t->events & BIT(LOS_EVENT_PROGRESS))
        return LOS_EVENT_PROGRESS;
    return t->events & BIT(LOS_EVENT_NEED) ? LOS_EVENT_NEED : LOS_EVENT_DONE;
}

int
los_loop_event(const struct los_loop *loop, struct los_event *event)
{
    const struct los_transfer *t = loop->event_first;

    if (t == NULL)
        return 0;
    event->kind = oldest_kind(t);
    event->id = t->node.id;
    event->sent = t->answer.sent;
    event->total = t->body.length;
    event->received = t->answer.received;
    event->answer = event->kind == LOS_EVENT_DONE ? &t->answer : NULL;
    return 1;
}

void
los_loop_shift(struct los_loop *loop)
{
    struct los_transfer *t = loop->event_first;
    unsigned rest;

    if (t == NULL)
        return;
    if (oldest_kind(t) == LOS_EVENT_DONE) {
        forget(loop, t);
        return;
    }
    rest = t->events & ~BIT(oldest_kind(t));
    drop_events(loop, t);
    if (rest & BIT(LOS_EVENT_NEED))
        los_loop_raise(loop, t, LOS_EVENT_NEED);
}
