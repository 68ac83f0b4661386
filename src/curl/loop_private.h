/* The inside of a loop, shared by loop.c and poll.c only. */
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
    struct los_pool pool;
    size_t max_active;
    uint64_t last_id;
    struct los_line queued, running;

    /* Transfers with waiting events, oldest first. */
    struct los_transfer *event_first, *event_last;
    int waiting; /* events, all in all */

    struct los_index index; /* every transfer */
};

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
