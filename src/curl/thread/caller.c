/* The caller's side: hands over wishes, takes events. */
#define _POSIX_C_SOURCE 200809L

#include "core/alloc.h"
#include "core/err.h"
#include "curl/thread/ticket.h"

#include <poll.h>
#include <string.h>

static struct los_ticket *
find(const struct los_worker *w, uint64_t id)
{
    /* The node is the first of a ticket. */
    return (struct los_ticket *)los_index_find(&w->index, id);
}

/* ---- wishes */

/* With the lock held. Returns 1 when the worker must be woken: it empties the
 * line before it sleeps. */
static int
wish(struct los_worker *w, struct los_ticket *ticket, unsigned wishes)
{
    const int empty = los_link_alone(&w->wishes);

    ticket->wishes |= wishes;
    if (los_link_alone(&ticket->wish))
        los_link_join(&w->wishes, &ticket->wish);
    return empty;
}

static void
unlock(struct los_worker *w, int wake)
{
    pthread_mutex_unlock(&w->lock);
    if (wake)
        los_loop_wake(w->loop);
}

static struct los_ticket *
new_ticket(struct los_worker *w, struct los_transfer *t,
           const struct los_transfer_options *o)
{
    struct los_ticket *ticket = los_malloc(sizeof(*ticket));

    if (ticket == NULL)
        return NULL;
    memset(ticket, 0, sizeof(*ticket));
    ticket->node.id = t->node.id;
    ticket->worker = w;
    ticket->transfer = t;
    ticket->body_kind = o->body_kind;
    ticket->length = o->body_length;
    los_link_clear(&ticket->wish);
    los_link_clear(&ticket->event);
    t->may_go = los_ticket_may_go;
    t->owner = ticket;
    return ticket;
}

int
los_worker_submit(struct los_worker *w, const struct los_transfer_options *o,
                  uint64_t *id)
{
    struct los_transfer *t;
    struct los_ticket *ticket;
    int error = los_transfer_new(o, w->last_id + 1, &t);

    if (error != LOS_OK)
        return error;
    ticket = new_ticket(w, t, o);
    if (ticket == NULL) {
        los_transfer_free(t);
        return LOS_E_MEMORY;
    }
    los_index_add(&w->index, &ticket->node);
    *id = ++w->last_id;
    pthread_mutex_lock(&w->lock);
    unlock(w, wish(w, ticket, LOS_WISH_START));
    return LOS_OK;
}

uint64_t
los_worker_next_id(const struct los_worker *w)
{
    return w->last_id + 1;
}

/* The fed transfer of that id, or NULL; and how much is staged, at most. */
static struct los_ticket *
find_fed(struct los_worker *w, uint64_t id, int64_t *staged)
{
    struct los_ticket *ticket = find(w, id);
    int over;

    if (ticket == NULL || ticket->body_kind != LOS_BODY_FED || ticket->ended)
        return NULL;
    pthread_mutex_lock(&w->lock);
    over = (ticket->events & LOS_BIT(LOS_EVENT_DONE)) != 0;
    *staged = ticket->fed - ticket->taken;
    pthread_mutex_unlock(&w->lock);
    return over ? NULL : ticket;
}

/* The chunk may be NULL. One that comes too late goes with the ticket. */
static void
hand_over(struct los_ticket *ticket, struct los_chunk *chunk, unsigned wishes)
{
    struct los_worker *w = ticket->worker;
    int wake = 0;

    pthread_mutex_lock(&w->lock);
    if (chunk != NULL) {
        if (ticket->last != NULL)
            ticket->last->next = chunk;
        else
            ticket->first = chunk;
        ticket->last = chunk;
    }
    if (!(ticket->events & LOS_BIT(LOS_EVENT_DONE)))
        wake = wish(w, ticket, wishes);
    unlock(w, wake);
}

/* What is too long is handed over, too: the worker ends the transfer. */
int
los_worker_feed(struct los_worker *w, uint64_t id, los_str data)
{
    int64_t staged;
    struct los_ticket *ticket = find_fed(w, id, &staged);
    struct los_chunk *chunk;
    int error;

    if (ticket == NULL)
        return LOS_E_NO_TRANSFER;
    error = los_feed_check(ticket->length, ticket->fed, staged, data.n);
    if (error == LOS_E_FEED_FULL)
        return error;
    chunk = los_chunk_new(data);
    if (chunk == NULL)
        return LOS_E_MEMORY;
    ticket->ended = error != LOS_OK;
    ticket->fed += (int64_t)data.n;
    hand_over(ticket, chunk, LOS_WISH_FEED);
    return error;
}

int
los_worker_feed_end(struct los_worker *w, uint64_t id)
{
    int64_t staged;
    struct los_ticket *ticket = find_fed(w, id, &staged);

    if (ticket == NULL)
        return LOS_E_NO_TRANSFER;
    ticket->ended = 1;
    hand_over(ticket, NULL, LOS_WISH_END);
    return ticket->fed < ticket->length ? LOS_E_BODY_SHORT : LOS_OK;
}

/* ---- cancel */

/* With the lock held. 1 when the worker must obey, 0 when it has nothing to
 * do with the ticket any more, or not yet. */
static int
withdraw(struct los_ticket *ticket, int *outcome)
{
    const int done = (ticket->events & LOS_BIT(LOS_EVENT_DONE)) != 0;
    const int started = !(ticket->wishes & LOS_WISH_START);

    los_ticket_drop(ticket, ticket->events);
    ticket->cancelled = 1;
    if (done)
        *outcome = los_transfer_may_be_sent(ticket->transfer) ? 2 : 1;
    else
        *outcome = ticket->gone ? 2 : 1;
    if (started && !done)
        return 1;
    los_link_leave(&ticket->wish);
    los_ticket_release(ticket);
    return 0;
}

int
los_worker_cancel(struct los_worker *w, uint64_t id)
{
    struct los_ticket *ticket = find(w, id);
    int outcome, wake = 0;

    if (ticket == NULL)
        return 0;
    if (w->shown == ticket)
        w->shown = NULL;
    los_index_remove(&w->index, &ticket->node);
    w->cancels++;
    pthread_mutex_lock(&w->lock);
    if (withdraw(ticket, &outcome))
        wake = wish(w, ticket, LOS_WISH_CANCEL);
    unlock(w, wake);
    return outcome;
}

int
los_worker_released(struct los_worker *w, uint64_t *id)
{
    struct los_ticket *ticket = NULL;

    if (w->cancels == 0)
        return 0;
    pthread_mutex_lock(&w->lock);
    if (!los_link_alone(&w->released)) {
        ticket = LOS_TICKET_BY(event, w->released.next);
        los_link_leave(&ticket->event);
    }
    pthread_mutex_unlock(&w->lock);
    if (ticket == NULL)
        return 0;
    w->cancels--;
    *id = ticket->node.id;
    los_ticket_free(ticket);
    return 1;
}

/* ---- events */

static int
count_waiting(struct los_worker *w, int listeners)
{
    int n;

    pthread_mutex_lock(&w->lock);
    n = w->waiting;
    w->alarm = INT64_MAX;
    w->due = 0;
    w->listeners += listeners;
    los_worker_update_bell(w);
    pthread_mutex_unlock(&w->lock);
    return n;
}

void
los_worker_alarm(struct los_worker *w, int ms)
{
    const int64_t at = los_loop_now() + ms;
    int wake = 0;

    pthread_mutex_lock(&w->lock);
    if (ms == 0) {
        w->due = 1;
        los_worker_update_bell(w);
    } else if (at < w->alarm) {
        w->alarm = at;
        wake = 1;
    }
    unlock(w, wake);
}

int
los_worker_poll(struct los_worker *w, int timeout_ms)
{
    struct pollfd bell;
    int n;

    if (timeout_ms <= 0)
        return count_waiting(w, 0);
    n = count_waiting(w, 1);
    bell.fd = w->bell.fd;
    bell.events = POLLIN;
    if (n == 0)
        poll(&bell, 1, timeout_ms);
    return count_waiting(w, -1);
}

static enum los_event_kind
oldest_kind(unsigned events)
{
    if (events & LOS_BIT(LOS_EVENT_PROGRESS))
        return LOS_EVENT_PROGRESS;
    return events & LOS_BIT(LOS_EVENT_NEED) ? LOS_EVENT_NEED : LOS_EVENT_DONE;
}

int
los_worker_event(struct los_worker *w, struct los_event *event)
{
    struct los_ticket *ticket = NULL;
    struct los_event *e = &w->seen;

    pthread_mutex_lock(&w->lock);
    if (!los_link_alone(&w->events)) {
        ticket = LOS_TICKET_BY(event, w->events.next);
        e->kind = oldest_kind(ticket->events);
        ticket->again &= ~LOS_BIT(e->kind);
        e->sent = ticket->sent;
        e->total = ticket->total;
        e->received = ticket->received;
    }
    pthread_mutex_unlock(&w->lock);
    w->shown = ticket;
    if (ticket == NULL)
        return 0;
    e->id = ticket->node.id;
    e->answer = e->kind == LOS_EVENT_DONE ? &ticket->transfer->answer : NULL;
    *event = *e;
    return 1;
}

/* Takes away what was shown, unless it has come again meanwhile. */
void
los_worker_shift(struct los_worker *w)
{
    struct los_ticket *ticket = w->shown;
    const struct los_event *e = &w->seen;

    if (ticket == NULL)
        return;
    w->shown = NULL;
    pthread_mutex_lock(&w->lock);
    los_ticket_drop(ticket, LOS_BIT(e->kind) & ~ticket->again);
    pthread_mutex_unlock(&w->lock);
    if (e->kind != LOS_EVENT_DONE)
        return;
    los_index_remove(&w->index, &ticket->node);
    los_ticket_free(ticket);
}

size_t
los_worker_active(const struct los_worker *w)
{
    return w->index.n;
}

int
los_worker_fd(struct los_worker *w)
{
    if (!w->watched) {
        w->watched = 1;
        count_waiting(w, 1);
    }
    return w->bell.fd;
}
