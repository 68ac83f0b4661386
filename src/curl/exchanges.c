/* The exchanges of a loop, and the connections that it keeps for them. */
#include "core/err.h"
#include "curl/http/exchange.h"
#include "curl/loop_private.h"

/* After this long a kept connection is not trusted: what lies between may
 * have forgotten it without a word. */
#define KEEP_MS 60000

/* ---- connections */

static void
close_connection(struct los_loop *loop, struct los_connection *c)
{
    los_loop_rest(loop, c->easy);
    los_connection_free(c, loop->multi);
}

static void
attach(struct los_transfer *t, struct los_connection *c)
{
    t->connection = c;
    t->easy = c->easy;
    c->easy->transfer = t;
}

static struct los_connection *
detach(struct los_transfer *t)
{
    struct los_connection *c = t->connection;

    t->connection = NULL;
    t->easy = NULL;
    c->easy->transfer = NULL;
    return c;
}

/* A kept connection to an origin, NULL when there is none that can be used. */
static struct los_connection *
take_kept(struct los_loop *loop, const char *url, size_t origin_size)
{
    struct los_connection **at = &loop->kept, *c;

    while ((c = *at) != NULL) {
        if (c->origin_size != origin_size
            || memcmp(c->origin, url, origin_size) != 0) {
            at = &c->next;
            continue;
        }
        *at = c->next;
        if (los_loop_now() - c->kept_at < KEEP_MS
            && los_connection_is_alive(c))
            return c;
        close_connection(loop, c);
    }
    return NULL;
}

static void
drop_from(struct los_loop *loop, struct los_connection **at)
{
    while (*at != NULL) {
        struct los_connection *c = *at;

        *at = c->next;
        close_connection(loop, c);
    }
}

/* Behind those that were used last are those that nobody used for long. */
static void
keep(struct los_loop *loop, struct los_connection *c)
{
    const int64_t now = los_loop_now();
    struct los_connection **at = &c->next;
    size_t n = 1;

    c->kept_at = now;
    c->next = loop->kept;
    loop->kept = c;
    for (; *at != NULL && n < loop->max_idle; n++, at = &(*at)->next)
        if (now - (*at)->kept_at >= KEEP_MS)
            break;
    drop_from(loop, at);
}

void
los_loop_drop_kept(struct los_loop *loop)
{
    drop_from(loop, &loop->kept);
}

/* ---- exchanges */

static void
make_connection(struct los_loop *loop, struct los_transfer *t,
                size_t origin_size)
{
    struct los_connection *c =
        los_connection_new(&loop->pool, t->url, origin_size, t->connect_ms);

    if (c != NULL) {
        attach(t, c);
        if (los_loop_drive(loop, c->easy) == LOS_OK)
            return;
    }
    los_answer_fail(&t->answer, LOS_E_MEMORY, NULL, 0);
    los_loop_finish(loop, t, CURLE_OK);
}

/* Over the first kept connection that takes it, else over a new one. */
static void
choose(struct los_loop *loop, struct los_transfer *t, size_t origin_size)
{
    struct los_connection *c;

    while ((c = take_kept(loop, t->url, origin_size)) != NULL) {
        enum los_exchange_state state;

        attach(t, c);
        state = los_exchange_begin(t, loop->pool.user_agent);
        if (state == LOS_EXCHANGE_OVER)
            los_loop_finish(loop, t, CURLE_OK);
        if (state != LOS_EXCHANGE_AGAIN)
            return;
        close_connection(loop, detach(t));
    }
    make_connection(loop, t, origin_size);
}

static void
react(struct los_loop *loop, struct los_transfer *t,
      enum los_exchange_state state)
{
    const size_t origin_size = t->connection->origin_size;

    if (state == LOS_EXCHANGE_OVER) {
        los_loop_finish(loop, t, CURLE_OK);
    } else if (state == LOS_EXCHANGE_AGAIN) {
        close_connection(loop, detach(t));
        choose(loop, t, origin_size);
    }
}

void
los_loop_exchange(struct los_loop *loop, struct los_transfer *t,
                  size_t origin_size)
{
    t->started_at = t->moved_at = t->told_at = los_loop_now();
    loop->exchanging++;
    choose(loop, t, origin_size);
}

/* One that is gone before it could be used was no answer to anything. */
void
los_loop_connected(struct los_loop *loop, struct los_transfer *t)
{
    struct los_connection *c = t->connection;

    if (los_connection_ready(c, loop->multi) == LOS_OK) {
        react(loop, t, los_exchange_begin(t, loop->pool.user_agent));
    } else if (t->reconnects++ == 0) {
        detach(t);
        make_connection(loop, t, c->origin_size);
        close_connection(loop, c);
    } else {
        los_loop_finish(loop, t, CURLE_COULDNT_CONNECT);
    }
}

int
los_loop_move_exchanges(struct los_loop *loop)
{
    struct los_transfer *t, *next;
    int ended = 0;

    if (loop->exchanging == 0)
        return 0;
    for (t = loop->running.first; t != NULL; t = next) {
        next = t->next;
        if (t->connection == NULL || t->connection->revents == 0)
            continue;
        react(loop, t, los_exchange_move(t));
        ended |= t->state == LOS_ENDED;
    }
    return ended;
}

void
los_loop_leave(struct los_loop *loop, struct los_transfer *t)
{
    struct los_connection *c = detach(t);

    loop->exchanging--;
    if (c->is_ready && los_exchange_end(c))
        keep(loop, c);
    else
        close_connection(loop, c);
}

/* ---- waiting */

unsigned
los_loop_list_waits(struct los_loop *loop)
{
    struct los_transfer *t;
    unsigned n = 0;

    if (loop->exchanging == 0)
        return 0;
    for (t = loop->running.first; t != NULL; t = t->next)
        if (t->connection != NULL && t->connection->is_ready) {
            loop->waits[n].fd = t->connection->fd;
            loop->waits[n].events = los_exchange_wants(t->connection);
            loop->waits[n++].revents = 0;
        }
    return n;
}

void
los_loop_take_waits(struct los_loop *loop, unsigned count)
{
    struct los_transfer *t;
    unsigned n = 0;

    for (t = loop->running.first; t != NULL && n < count; t = t->next)
        if (t->connection != NULL && t->connection->is_ready)
            t->connection->revents |= loop->waits[n++].revents;
}
