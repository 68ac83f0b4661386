/* The worker's side: obeys wishes, drives the loop, reports events. */
#include "curl/thread/ticket.h"
#include "core/alloc.h"

/* ---- wishes */

static void
feed(struct los_worker *w, struct los_transfer *t, struct los_chunk *chunk)
{
    while (chunk != NULL) {
        struct los_chunk *next = chunk->next;

        if (t == NULL || t->state == LOS_ENDED)
            los_free(chunk);
        else
            los_loop_feed_chunk(w->loop, t, chunk);
        chunk = next;
    }
}

/* The ticket is the caller's again as soon as it stands in the line. */
static void
cancel(struct los_worker *w, struct los_ticket *ticket)
{
    if (ticket->transfer != NULL) {
        los_loop_release(w->loop, ticket->transfer);
        los_transfer_free(ticket->transfer);
        ticket->transfer = NULL;
    }
    pthread_mutex_lock(&w->lock);
    los_ticket_release(ticket);
    pthread_mutex_unlock(&w->lock);
}

static void
obey(struct los_worker *w, struct los_ticket *ticket, unsigned wishes,
     struct los_chunk *chunks)
{
    struct los_transfer *t = ticket->transfer;

    if (wishes & LOS_WISH_START)
        los_loop_adopt(w->loop, t);
    feed(w, t, chunks);
    if (t != NULL && (wishes & LOS_WISH_END))
        los_loop_feed_end(w->loop, t->node.id);
    if (wishes & LOS_WISH_CANCEL)
        cancel(w, ticket);
}

/* With the lock held. */
static void
check_alarm(struct los_worker *w)
{
    if (w->alarm == INT64_MAX || los_loop_now() < w->alarm)
        return;
    w->alarm = INT64_MAX;
    w->due = 1;
    los_worker_update_bell(w);
}

/* Obeys all wishes. 0 when the worker is to stop. *alarm is when to come back
 * at the latest. */
static int
obey_all(struct los_worker *w, int64_t *alarm)
{
    int go_on;

    pthread_mutex_lock(&w->lock);
    while (!w->stop && !los_link_alone(&w->wishes)) {
        struct los_ticket *ticket = LOS_TICKET_BY(wish, w->wishes.next);
        const unsigned wishes = ticket->wishes;
        struct los_chunk *chunks = ticket->first;

        los_link_leave(&ticket->wish);
        ticket->wishes = 0;
        ticket->first = ticket->last = NULL;
        pthread_mutex_unlock(&w->lock);
        obey(w, ticket, wishes, chunks);
        pthread_mutex_lock(&w->lock);
    }
    check_alarm(w);
    *alarm = w->alarm;
    go_on = !w->stop;
    pthread_mutex_unlock(&w->lock);
    return go_on;
}

/* ---- events */

/* With the lock held. 0 when nobody wants to hear of it. */
static int
tell(struct los_ticket *ticket, const struct los_event *e, int64_t taken)
{
    if (ticket->cancelled)
        return 0;
    ticket->sent = e->sent;
    ticket->total = e->total;
    ticket->received = e->received;
    ticket->taken = taken;
    if (e->kind == LOS_EVENT_DONE) {
        /* The caller's from here on: it must not stand among the wishes. */
        los_link_leave(&ticket->wish);
        ticket->wishes = 0;
    }
    los_ticket_raise(ticket, e->kind);
    return 1;
}

static void
report(struct los_worker *w)
{
    struct los_event e;

    while (los_loop_event(w->loop, &e)) {
        struct los_transfer *t = w->loop->event_first;
        struct los_ticket *ticket = t->owner;
        const int64_t taken = t->body.taken;
        int told;

        if (e.kind == LOS_EVENT_DONE)
            los_loop_release(w->loop, t);
        else
            los_loop_shift(w->loop);
        pthread_mutex_lock(&w->lock);
        told = tell(ticket, &e, taken);
        pthread_mutex_unlock(&w->lock);
        if (!told && e.kind == LOS_EVENT_DONE) {
            ticket->transfer = NULL;
            los_transfer_free(t);
        }
    }
}

void *
los_worker_run(void *context)
{
    struct los_worker *w = context;
    int64_t alarm;

    while (obey_all(w, &alarm)) {
        int64_t again = los_loop_move(w->loop);

        report(w);
        los_loop_sleep(w->loop, alarm < again ? alarm : again);
    }
    pthread_mutex_lock(&w->lock);
    w->stopped = 1;
    pthread_cond_broadcast(&w->ended);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}
