/* What the two threads of a worker share. Private to this folder. */
#ifndef LOS_CURL_THREAD_TICKET_H
#define LOS_CURL_THREAD_TICKET_H

#include "curl/loop_private.h"
#include "curl/thread/bell.h"
#include "curl/thread/worker.h"

#include <pthread.h>
#include <stddef.h>

/* What the caller wants of a transfer. */
#define LOS_WISH_START  1u
#define LOS_WISH_FEED   2u /* the chunks */
#define LOS_WISH_END    4u /* of the body */
#define LOS_WISH_CANCEL 8u

#define LOS_BIT(kind) (1u << (kind))

/* A ring; alone it points at itself. */
struct los_link {
    struct los_link *prev, *next;
};

/* One transfer, as both sides know it. Made by the caller, and freed by it
 * after DONE, or once the worker has obeyed a cancel. */
struct los_ticket {
    struct los_node node; /* in the caller's index, until the end or cancel */
    struct los_worker *worker;
    /* The worker's from obeying START to DONE; before and after the
     * caller's. NULL when the worker has freed it after a cancel. */
    struct los_transfer *transfer;

    /* The caller's. */
    enum los_body_kind body_kind;
    int64_t length, fed; /* of the body */
    int ended;           /* the body will not be fed any more */

    /* Under the lock. */
    struct los_link wish, event; /* where it stands in the lines */
    unsigned wishes, events;     /* bits */
    unsigned again; /* events that were raised again since they were shown */
    struct los_chunk *first, *last; /* fed, for the worker to fetch */
    int64_t sent, total, received;  /* as in los_event */
    int64_t taken;                  /* of what was fed */
    int gone;      /* the whole request may be with the server */
    int cancelled; /* nobody wants to hear of it any more */
    int released;  /* the worker has nothing to do with it any more */
};

struct los_worker {
    struct los_loop *loop; /* touched by the thread alone while it runs */
    pthread_t thread;
    struct los_worker *next_alive; /* in the list of process.c */

    /* The caller's. */
    struct los_index index;
    uint64_t last_id;
    struct los_ticket *shown; /* the event that was looked at last */
    struct los_event seen;
    int joined;     /* the thread is gone */
    int watched;    /* the descriptor was asked for */
    size_t cancels; /* cancelled and not yet named by los_worker_released */

    pthread_mutex_t lock;
    pthread_cond_t ended;
    /* Under the lock. */
    struct los_link wishes;   /* tickets, by wish */
    struct los_link events;   /* tickets, by event */
    struct los_link released; /* cancelled tickets that are over, by event */
    struct los_bell bell;     /* rings for events and due, if heard */
    int listeners;            /* who sleeps until it rings, or may */
    int64_t alarm;            /* time of the loop's clock, INT64_MAX: none */
    int due;                  /* the alarm went off since the last poll */
    int waiting;              /* events, all in all */
    int stop, stopped;
};

#define LOS_TICKET_BY(member, link)                                           \
    ((struct los_ticket *)(void *)((char *)(link)-offsetof(struct los_ticket, \
                                                           member)))

static inline void
los_link_clear(struct los_link *link)
{
    link->prev = link->next = link;
}

static inline int
los_link_alone(const struct los_link *link)
{
    return link->next == link;
}

static inline void
los_link_leave(struct los_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    los_link_clear(link);
}

/* To the end of the line. */
static inline void
los_link_join(struct los_link *line, struct los_link *link)
{
    link->prev = line->prev;
    link->next = line;
    line->prev->next = link;
    line->prev = link;
}

/* All with the lock held. */
void los_ticket_raise(struct los_ticket *ticket, enum los_event_kind kind);
void los_ticket_drop(struct los_ticket *ticket, unsigned events);
void los_ticket_release(struct los_ticket *ticket);
void los_worker_update_bell(struct los_worker *worker);

/* Drops what it holds that is not the loop's, and itself. */
void los_ticket_free(struct los_ticket *ticket);

/* The thread. context is the worker. */
void *los_worker_run(void *context);

/* May the rest of this ticket's request go out? For struct los_transfer. */
int los_ticket_may_go(void *ticket);

#endif
