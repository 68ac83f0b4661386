/* Starting and ending the thread. */
#define _POSIX_C_SOURCE 200809L

#include "core/alloc.h"
#include "core/err.h"
#include "curl/thread/process.h"
#include "curl/thread/ticket.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#define STOP_SECONDS 2

/* Signals are for the program's own threads. */
static int
start(struct los_worker *w)
{
    sigset_t all, old;
    int error;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(&w->thread, NULL, los_worker_run, w);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error == 0 ? LOS_OK : LOS_E_THREAD;
}

static void
drop(struct los_worker *w)
{
    los_bell_close(&w->bell);
    los_index_close(&w->index);
    los_loop_close(w->loop);
    pthread_cond_destroy(&w->ended);
    pthread_mutex_destroy(&w->lock);
    los_free(w);
}

int
los_worker_open(const struct los_loop_options *o, struct los_worker **out)
{
    struct los_worker *w = los_malloc(sizeof(*w));
    int error;

    if (w == NULL)
        return LOS_E_MEMORY;
    memset(w, 0, sizeof(*w));
    los_link_clear(&w->wishes);
    los_link_clear(&w->events);
    los_link_clear(&w->released);
    w->alarm = INT64_MAX;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->ended, NULL);
    error = los_bell_open(&w->bell);
    if (error == LOS_OK)
        error = los_index_open(&w->index);
    if (error == LOS_OK)
        error = los_loop_open(o, &w->loop);
    if (error == LOS_OK)
        error = start(w);
    if (error != LOS_OK) {
        drop(w);
        return error;
    }
    los_process_add(w);
    *out = w;
    return LOS_OK;
}

static void
ask_to_stop(struct los_worker *w)
{
    pthread_mutex_lock(&w->lock);
    w->stop = 1;
    pthread_mutex_unlock(&w->lock);
    los_loop_wake(w->loop);
}

void
los_worker_stop(struct los_worker *w)
{
    struct timespec until;

    ask_to_stop(w);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_SECONDS;
    pthread_mutex_lock(&w->lock);
    while (!w->stopped
           && pthread_cond_timedwait(&w->ended, &w->lock, &until) == 0)
        ;
    w->joined = w->stopped;
    pthread_mutex_unlock(&w->lock);
    if (w->joined)
        pthread_join(w->thread, NULL);
}

/* Frees a ticket when thread and loop are gone. */
static void
forget(struct los_ticket *ticket)
{
    const int over = (ticket->events & LOS_BIT(LOS_EVENT_DONE)) != 0;

    if (!over && !(ticket->wishes & LOS_WISH_START) && !ticket->released)
        ticket->transfer = NULL; /* it went with the loop */
    los_link_leave(&ticket->wish);
    los_link_leave(&ticket->event);
    los_ticket_free(ticket);
}

void
los_worker_close(struct los_worker *w)
{
    struct los_node *node;
    size_t at = 0;

    los_process_remove(w);
    ask_to_stop(w);
    if (!w->joined)
        pthread_join(w->thread, NULL);
    los_loop_close(w->loop);
    w->loop = NULL;
    while ((node = los_index_pop(&w->index, &at)) != NULL)
        forget((struct los_ticket *)node);
    while (!los_link_alone(&w->wishes))
        forget(LOS_TICKET_BY(wish, w->wishes.next));
    while (!los_link_alone(&w->released))
        forget(LOS_TICKET_BY(event, w->released.next));
    drop(w);
}
