/* The inside of a loop, for loop.c, poll.c, and the thread that may run it. */
#ifndef LOS_CURL_LOOP_PRIVATE_H
#define LOS_CURL_LOOP_PRIVATE_H

#include "curl/loop.h"
#include "curl/transfer.h"

/* First in, first out; linked by prev and next of the transfers. */
struct los_line {
    struct los_transfer *first, *last;
    size_t n;
};

struct los_loop {
    CURLM *multi;
    size_t driven; /* handles that libcurl is at work with */
    struct los_pool pool;
    size_t max_active, max_idle;
    uint64_t last_id;
    struct los_line queued, running;

    /* Transfers with waiting events, oldest first. */
    struct los_transfer *event_first, *event_last;
    int waiting; /* events, all in all */

    struct los_index index; /* every transfer */

    /* Connections of our own. */
    struct los_connection *kept; /* the last one used first */
    size_t exchanging;           /* running transfers that have one */
    struct curl_waitfd *waits;   /* room for max_active */
};

/* ---- for a thread that runs the loop */

/* Queues a transfer made elsewhere; its id must be a new one. */
void los_loop_adopt(struct los_loop *loop, struct los_transfer *t);

/* Takes a transfer out of the loop, whatever its state. The caller's then. */
void los_loop_release(struct los_loop *loop, struct los_transfer *t);

/* Feeds a transfer that has not ended. Takes the chunk, also on failure. */
int los_loop_feed_chunk(struct los_loop *loop, struct los_transfer *t,
                        struct los_chunk *chunk);

/* Moves what can be moved now. Returns the time when to do so again at the
 * latest. */
int64_t los_loop_move(struct los_loop *loop);

/* Sleeps until something can be moved, that time comes, a signal comes, or
 * another thread calls los_loop_wake. Returns 0 for a signal. */
int los_loop_sleep(struct los_loop *loop, int64_t until);

/* Ends the sleep of another thread, or its next one. */
void los_loop_wake(struct los_loop *loop);

/* ---- between loop.c, poll.c and exchanges.c */

/* Hands a handle to libcurl, until los_loop_rest: LOS_OK or LOS_E_MEMORY. */
int los_loop_drive(struct los_loop *loop, struct los_easy *easy);
void los_loop_rest(struct los_loop *loop, struct los_easy *easy);

/* Starts a running transfer as an exchange, whose origin has that length. */
void los_loop_exchange(struct los_loop *loop, struct los_transfer *t,
                       size_t origin_size);

/* libcurl has made the connection of a transfer. */
void los_loop_connected(struct los_loop *loop, struct los_transfer *t);

/* Moves every exchange that can move. 1 when one has ended. */
int los_loop_move_exchanges(struct los_loop *loop);

/* What exchanges wait for: fills `waits` and returns how many. */
unsigned los_loop_list_waits(struct los_loop *loop);
/* Hands what has happened there to the exchanges. */
void los_loop_take_waits(struct los_loop *loop, unsigned count);

/* Takes the connection from a transfer, to keep or to close it. */
void los_loop_leave(struct los_loop *loop, struct los_transfer *t);

/* Closes all that are kept. */
void los_loop_drop_kept(struct los_loop *loop);

void los_line_add(struct los_line *line, struct los_transfer *t);
void los_line_remove(struct los_line *line, struct los_transfer *t);

/* Lets an event wait, once. */
void los_loop_raise(struct los_loop *loop, struct los_transfer *t,
                    enum los_event_kind kind);

/* Ends a queued or running transfer: the answer is written, everything but
 * the answer given back, DONE raised instead of other events. */
void los_loop_finish(struct los_loop *loop, struct los_transfer *t,
                     CURLcode code);

#endif
