#include "curl/thread/ticket.h"
#include "core/alloc.h"

static int
count(unsigned events)
{
    int n = 0;

    for (; events != 0; events >>= 1)
        n += (int)(events & 1);
    return n;
}

/* Most callers look by themselves and need no system calls for it. */
void
los_worker_update_bell(struct los_worker *w)
{
    if (w->listeners > 0 && (w->due || !los_link_alone(&w->events)))
        los_bell_ring(&w->bell);
    else
        los_bell_hush(&w->bell);
}

void
los_ticket_raise(struct los_ticket *ticket, enum los_event_kind kind)
{
    struct los_worker *w = ticket->worker;

    if (ticket->events & LOS_BIT(kind)) {
        ticket->again |= LOS_BIT(kind);
        return;
    }
    if (kind == LOS_EVENT_DONE) {
        w->waiting -= count(ticket->events);
        ticket->events = 0;
    }
    ticket->events |= LOS_BIT(kind);
    w->waiting++;
    if (los_link_alone(&ticket->event))
        los_link_join(&w->events, &ticket->event);
    los_worker_update_bell(w);
}

/* What is left goes to the end of the line. */
void
los_ticket_drop(struct los_ticket *ticket, unsigned events)
{
    struct los_worker *w = ticket->worker;

    w->waiting -= count(ticket->events & events);
    ticket->events &= ~events;
    los_link_leave(&ticket->event);
    if (ticket->events != 0)
        los_link_join(&w->events, &ticket->event);
    los_worker_update_bell(w);
}

void
los_ticket_release(struct los_ticket *ticket)
{
    ticket->released = 1;
    los_link_join(&ticket->worker->released, &ticket->event);
}

void
los_ticket_free(struct los_ticket *ticket)
{
    struct los_chunk *chunk = ticket->first;

    while (chunk != NULL) {
        struct los_chunk *next = chunk->next;

        los_free(chunk);
        chunk = next;
    }
    if (ticket->transfer != NULL)
        los_transfer_free(ticket->transfer);
    los_free(ticket);
}

int
los_ticket_may_go(void *context)
{
    struct los_ticket *ticket = context;
    int wanted;

    pthread_mutex_lock(&ticket->worker->lock);
    wanted = !ticket->cancelled;
    if (wanted)
        ticket->gone = 1;
    pthread_mutex_unlock(&ticket->worker->lock);
    return wanted;
}
