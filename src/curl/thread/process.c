/* No worker may be at work when the process ends: libraries take apart then
 * what the threads still use. A forked child has none of its parent's threads
 * and therefore an empty list. */
#define _POSIX_C_SOURCE 200809L

#include "curl/thread/process.h"
#include "curl/thread/ticket.h"

#include <stdlib.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct los_worker *first;
static unsigned generation;

static void
before_fork(void)
{
    pthread_mutex_lock(&lock);
}

static void
after_fork(void)
{
    pthread_mutex_unlock(&lock);
}

static void
in_child(void)
{
    first = NULL;
    generation++;
    pthread_mutex_unlock(&lock);
}

static void
on_exit_stop(void)
{
    struct los_worker *w;

    pthread_mutex_lock(&lock);
    for (w = first; w != NULL; w = w->next_alive)
        los_worker_stop(w);
    pthread_mutex_unlock(&lock);
}

static void
watch_forks(void)
{
    pthread_atfork(before_fork, after_fork, in_child);
}

unsigned
los_process_generation(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_forks);
    return generation;
}

/* What is registered last is called first, and the TLS library has been
 * initialized by now. */
static void
watch_exit(void)
{
    atexit(on_exit_stop);
}

void
los_process_add(struct los_worker *w)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_exit);
    pthread_mutex_lock(&lock);
    w->next_alive = first;
    first = w;
    pthread_mutex_unlock(&lock);
}

void
los_process_remove(struct los_worker *w)
{
    struct los_worker **at = &first;

    pthread_mutex_lock(&lock);
    while (*at != NULL && *at != w)
        at = &(*at)->next_alive;
    if (*at != NULL)
        *at = w->next_alive;
    pthread_mutex_unlock(&lock);
}
