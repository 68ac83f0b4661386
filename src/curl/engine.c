#include "curl/engine.h"
#include "core/alloc.h"
#include "core/err.h"
#include "curl/thread/process.h"
#include "curl/thread/worker.h"

#include <string.h>

struct los_engine {
    unsigned generation;       /* of the process that opened it */
    struct los_loop *loop;     /* one of the two */
    struct los_worker *worker; /* the other is NULL */
    uint64_t cancelled;        /* in the loop, to be named */
};

int
los_engine_open(const struct los_loop_options *o, struct los_engine **out)
{
    struct los_engine *e = los_malloc(sizeof(*e));
    int error;

    if (e == NULL)
        return LOS_E_MEMORY;
    memset(e, 0, sizeof(*e));
    e->generation = los_process_generation();
    error = o->thread ? los_worker_open(o, &e->worker)
                      : los_loop_open(o, &e->loop);
    if (error != LOS_OK) {
        los_free(e);
        return error;
    }
    *out = e;
    return LOS_OK;
}

int
los_engine_is_own(const struct los_engine *e)
{
    return los_process_generation() == e->generation;
}

/* To free handles in a child would say goodbye on the parent's connections. */
void
los_engine_close(struct los_engine *e)
{
    if (e == NULL)
        return;
    if (los_engine_is_own(e)) {
        if (e->worker != NULL)
            los_worker_close(e->worker);
        los_loop_close(e->loop);
    }
    los_free(e);
}

int
los_engine_submit(struct los_engine *e, const struct los_transfer_options *o,
                  uint64_t *id)
{
    if (!los_engine_is_own(e))
        return LOS_E_FORKED;
    return e->worker != NULL ? los_worker_submit(e->worker, o, id)
                             : los_loop_submit(e->loop, o, id);
}

uint64_t
los_engine_next_id(const struct los_engine *e)
{
    return e->worker != NULL ? los_worker_next_id(e->worker)
                             : los_loop_next_id(e->loop);
}

int
los_engine_poll(struct los_engine *e, int timeout_ms)
{
    if (!los_engine_is_own(e))
        return LOS_E_FORKED;
    return e->worker != NULL ? los_worker_poll(e->worker, timeout_ms)
                             : los_loop_poll(e->loop, timeout_ms);
}

int
los_engine_event(struct los_engine *e, struct los_event *event)
{
    if (e->worker == NULL)
        return los_loop_event(e->loop, event);
    return los_engine_is_own(e) ? los_worker_event(e->worker, event) : 0;
}

void
los_engine_shift(struct los_engine *e)
{
    if (e->worker == NULL)
        los_loop_shift(e->loop);
    else if (los_engine_is_own(e))
        los_worker_shift(e->worker);
}

int
los_engine_feed(struct los_engine *e, uint64_t id, los_str chunk)
{
    if (!los_engine_is_own(e))
        return LOS_E_FORKED;
    return e->worker != NULL ? los_worker_feed(e->worker, id, chunk)
                             : los_loop_feed(e->loop, id, chunk);
}

int
los_engine_feed_end(struct los_engine *e, uint64_t id)
{
    if (!los_engine_is_own(e))
        return LOS_E_FORKED;
    return e->worker != NULL ? los_worker_feed_end(e->worker, id)
                             : los_loop_feed_end(e->loop, id);
}

/* A parent may go on with it: so, in doubt, the server gets it. */
int
los_engine_cancel(struct los_engine *e, uint64_t id)
{
    int outcome;

    if (!los_engine_is_own(e))
        return 2;
    if (e->worker != NULL)
        return los_worker_cancel(e->worker, id);
    outcome = los_loop_cancel(e->loop, id);
    if (outcome > 0)
        e->cancelled = id;
    return outcome;
}

int
los_engine_released(struct los_engine *e, uint64_t *id)
{
    if (!los_engine_is_own(e))
        return 0;
    if (e->worker != NULL)
        return los_worker_released(e->worker, id);
    if (e->cancelled == 0)
        return 0;
    *id = e->cancelled;
    e->cancelled = 0;
    return 1;
}

size_t
los_engine_active(const struct los_engine *e)
{
    if (!los_engine_is_own(e))
        return 0;
    return e->worker != NULL ? los_worker_active(e->worker)
                             : los_loop_active(e->loop);
}

void
los_engine_alarm(struct los_engine *e, int ms)
{
    if (e->worker != NULL && los_engine_is_own(e))
        los_worker_alarm(e->worker, ms);
}

int
los_engine_fd(struct los_engine *e)
{
    if (e->worker == NULL || !los_engine_is_own(e))
        return -1;
    return los_worker_fd(e->worker);
}
